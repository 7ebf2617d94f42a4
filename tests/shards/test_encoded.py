from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from safetensors import safe_open
from safetensors.numpy import load, save

from cointeract_shards.buckets import Bucket, cover
from cointeract_shards.encoded import AudioFeatures, AudioInfo, LatentsInfo, TextInfo, TextRows, VideoLatents
from cointeract_shards.errors import CacheError, ContractError, SchemaVersionError
from cointeract_shards.tensor_file import Floats, StoredDtype, read_tensors, write_tensors

WHERE = "clip-1/member"
BUCKET = Bucket(width=64, height=96)
DRAWN = np.random.default_rng(0)


def drawn(*shape: int) -> Floats:
    return DRAWN.standard_normal(shape, np.float32)


def latents(*, motion: bool = True, pose: bool = False, dtype: StoredDtype = "float32") -> VideoLatents:
    info = LatentsInfo(
        codec="block-dct",
        key="block-dct-1",
        dtype=dtype,
        libraries={"torch": "2.6"},
        bucket=BUCKET,
        hoi_phase="aligned",
        frames=cover(360, 640, BUCKET),
        product_scale=1.0,
        motion=motion,
        pose=pose,
    )
    target = (16, 20, 12, 8)
    return VideoLatents(
        info,
        without_motion=drawn(*target),
        hoi_without_motion=drawn(*target),
        person=drawn(16, 1, 12, 8),
        product=drawn(16, 1, 12, 8),
        motion=drawn(16, 19, 12, 8) if motion else None,
        with_motion=drawn(*target) if motion else None,
        hoi_with_motion=drawn(*target) if motion else None,
        pose_without_motion=drawn(*target) if pose else None,
        pose_with_motion=drawn(*target) if pose and motion else None,
    )


def text() -> TextRows:
    info = TextInfo(
        codec="hashed-text", key="hashed-text-1", dtype="float32", prompt="A cup.", hoi_prompt="A mesh.", hoi_empty="A"
    )
    return TextRows(info, prompt=drawn(2, 8), hoi=drawn(3, 8), empty=drawn(1, 8), hoi_empty=drawn(1, 8))


def audio(frames: int = 81) -> AudioFeatures:
    return AudioFeatures(AudioInfo(codec="log-mel", key="log-mel-1", dtype="float32", frames=81), drawn(4, 32, frames))


def tensors_of(cache: VideoLatents | TextRows | AudioFeatures) -> dict[str, Any]:
    return {name: value for name, value in vars(cache).items() if name != "info"}


def read(cache: VideoLatents | TextRows | AudioFeatures, data: bytes) -> VideoLatents | TextRows | AudioFeatures:
    return type(cache).from_bytes(data, where=WHERE)


@pytest.mark.parametrize(
    "cache", [latents(), latents(motion=False), latents(pose=True), latents(motion=False, pose=True), text(), audio()]
)
def test_a_cache_comes_back_as_it_was_written(cache: VideoLatents | TextRows | AudioFeatures) -> None:
    data = cache.to_bytes()
    back = read(cache, data)
    assert back.info == cache.info
    for name, tensor in tensors_of(cache).items():
        found = getattr(back, name)
        assert (found is None) == (tensor is None), name
        if tensor is not None:
            np.testing.assert_array_equal(found, tensor)
    assert back.to_bytes() == data


def test_members_are_named_by_codec_and_latents_by_bucket_too() -> None:
    assert latents().member == "latents.block-dct-64x96.safetensors"
    assert text().member == "text.hashed-text.safetensors"
    assert audio().member == "audio.log-mel.safetensors"


def test_the_safetensors_library_reads_the_file_and_its_record(tmp_path: Any) -> None:
    cache = latents(dtype="float16")
    np.testing.assert_array_equal(load(cache.to_bytes())["person"], cache.person.astype(np.float16))
    path = tmp_path / "latents.safetensors"
    path.write_bytes(cache.to_bytes())
    with safe_open(path, framework="np") as file:
        assert LatentsInfo.from_bytes(file.metadata()["cointeract"].encode(), where=WHERE) == cache.info


@given(arrays.arrays(np.float32, st.integers(1, 40), elements=st.floats(-(2.0**100), 2.0**100, width=32)))
@settings(max_examples=100)
def test_bfloat16_keeps_eight_bits_of_a_fraction_and_rounds_to_nearest(values: Any) -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    data = write_tensors({"a": values}, "bfloat16", b"{}", where=WHERE)
    found = read_tensors(data, "bfloat16", where=WHERE)["a"]
    np.testing.assert_array_equal(found, values.astype(ml_dtypes.bfloat16).astype(np.float32))


@pytest.mark.parametrize(("dtype", "error"), [("float16", 2**-11), ("bfloat16", 2**-8), ("float32", 0.0)])
def test_what_storing_costs_is_half_a_step_of_the_dtype(dtype: StoredDtype, error: float) -> None:
    cache = latents(dtype=dtype)
    back = VideoLatents.from_bytes(cache.to_bytes(), where=WHERE)
    difference = np.abs(back.without_motion.astype(np.float32) - cache.without_motion)
    assert (difference <= error * np.maximum(np.abs(cache.without_motion), 2.0**-14)).all()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_not_stored(value: float) -> None:
    cache = latents()
    cache.person[3, 0, 2, 1] = value
    with pytest.raises(CacheError, match="person holds NaN or infinity"):
        cache.to_bytes()


def test_values_too_large_for_float16_are_not_stored() -> None:
    cache = latents(dtype="float16")
    cache.product[0] = 70000
    with pytest.raises(CacheError, match="product holds 70000, too large for float16"):
        cache.to_bytes()


CHANGES: dict[str, tuple[dict[str, Any], str]] = {
    "missing": ({"hoi_with_motion": None}, r"\['hoi_with_motion'\] are missing"),
    "too many": ({"pose_without_motion": drawn(16, 20, 12, 8)}, r"\['pose_without_motion'\] don't belong"),
    "another size": ({"product": drawn(16, 1, 8, 12)}, r"product has the shape \(16, 1, 8, 12\), not \(16, 1, 12, 8\)"),
    "too few latents": ({"with_motion": drawn(16, 19, 12, 8)}, "with_motion has the shape"),
}


@pytest.mark.parametrize(("changes", "message"), CHANGES.values(), ids=CHANGES)
def test_latents_that_do_not_fit_their_record_are_refused_with_the_place(changes: dict[str, Any], message: str) -> None:
    cache = replace(latents(), **changes)
    with pytest.raises(CacheError, match=message):
        cache.to_bytes()
    tensors = {name: tensor for name, tensor in tensors_of(cache).items() if tensor is not None}
    data = write_tensors(tensors, "float32", cache.info.to_bytes(), where=WHERE)
    with pytest.raises(CacheError, match=f"{WHERE}: .*{message}"):
        VideoLatents.from_bytes(data, where=WHERE)


def test_text_of_two_widths_and_sound_of_other_frames_are_refused() -> None:
    with pytest.raises(CacheError, match=r"rows of text have the shapes .*\(3, 9\)"):
        replace(text(), hoi=drawn(3, 9)).to_bytes()
    with pytest.raises(CacheError, match=r"shape \(4, 32, 80\)"):
        audio(80).to_bytes()


def test_a_file_of_another_version_is_refused() -> None:
    cache = latents()
    other = cache.info.model_copy(update={"version": 2})
    tensors = {name: tensor for name, tensor in tensors_of(cache).items() if tensor is not None}
    data = write_tensors(tensors, "float32", other.to_bytes(), where=WHERE)
    with pytest.raises(SchemaVersionError, match=f"{WHERE}: has schema version 2"):
        VideoLatents.from_bytes(data, where=WHERE)


def test_one_kind_is_not_read_as_another_nor_a_dtype_as_another() -> None:
    with pytest.raises(ContractError, match=WHERE):
        VideoLatents.from_bytes(audio().to_bytes(), where=WHERE)
    info = audio().info.model_copy(update={"dtype": "float16"})
    with pytest.raises(CacheError, match="stored as F32, its record says float16"):
        AudioFeatures.from_bytes(
            write_tensors({"features": drawn(1, 2, 81)}, "float32", info.to_bytes(), where=WHERE), where=WHERE
        )


def test_a_safetensors_file_from_elsewhere_is_refused() -> None:
    with pytest.raises(CacheError, match="without the metadata 'cointeract'"):
        AudioFeatures.from_bytes(save({"features": drawn(1, 2, 81)}, {"format": "np"}), where=WHERE)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_damaged_or_cut_file_is_read_whole_or_refused(data: st.DataObject) -> None:
    stored = bytearray(text().to_bytes())
    if data.draw(st.booleans(), label="cut"):
        stored = stored[: data.draw(st.integers(0, len(stored) - 1))]
    else:
        stored[data.draw(st.integers(0, len(stored) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        back = TextRows.from_bytes(bytes(stored), where=WHERE)
    except ContractError as error:
        assert WHERE in str(error)  # noqa: PT017 - either outcome is right
    else:
        assert back.prompt.shape == (2, 8)
