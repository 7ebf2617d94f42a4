from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from cointeract_curation.core.config import build_recipe
from cointeract_curation.core.errors import ConfigurationError, UnusableInputError
from cointeract_curation.core.fingerprint import Lineage
from cointeract_curation.core.stage import Resources
from cointeract_curation.engine.base import build_stages, fuse
from cointeract_curation.stages.encode import EncodeConfig, EncodeStage, encode_stage
from cointeract_curation.stages.encode.revision import EMBEDDED_KEYS, revision
from cointeract_curation.stages.encode.sound import gain_of, read_samples
from cointeract_model.codecs.build import build_audio_codec, build_latent_codec, build_text_codec
from cointeract_model.codecs.config import CodecsConfig
from cointeract_model.switches import HOI_PROMPT_TEMPLATE, Switches
from tests.curation.local_workspace import LocalStore
from tests.curation.stages.encode.conftest import Encode
from tests.curation.stages.encode.numbered_clip import PROMPT, SCORES, clip, write_artifacts

RECIPE: dict[str, Any] = {
    "name": "mine",
    "shots": {"backend": "pyscenedetect"},
    **{name: {} for name in ("cut", "quality", "people", "body", "object", "structure", "references", "caption")},
}


def lineage(**settings: Any) -> Lineage:
    return Lineage(build_stages(build_recipe({**RECIPE, "encode": settings}, "mine")))


def test_text_is_the_clips_prompt_and_serves_both_kinds_of_hoi_prompt(encode: Encode) -> None:
    text = encode().text
    codec = build_text_codec(CodecsConfig().text)
    paper, release = Switches(hoi_prompt="template"), Switches(hoi_prompt="template_and_prompt")
    for rows, wanted in (
        (text.prompt, PROMPT),
        (text.empty, ""),
        (text.hoi, release.hoi_prompt_of(PROMPT)),
        (text.hoi_empty, release.hoi_prompt_of("")),
        (text.hoi_empty, paper.hoi_prompt_of(PROMPT)),
    ):
        np.testing.assert_array_equal(rows, codec.encode(wanted).numpy())
    assert (text.info.hoi_prompt, text.info.hoi_empty) == (release.hoi_prompt_of(PROMPT), paper.hoi_prompt_of(PROMPT))
    assert text.info.key == codec.key


def test_the_template_alone_can_be_the_hoi_prompt(encode: Encode) -> None:
    info = encode(hoi_prompt="template").text.info
    assert info.hoi_prompt == info.hoi_empty == HOI_PROMPT_TEMPLATE


def test_sound_is_encoded_as_loud_as_asked_for(encode: Encode) -> None:
    found = encode()
    samples = read_samples(found.artifact("cut", "audio.wav"))
    louder = torch.from_numpy(samples * np.float32(10 ** (7 / 20)))  # from the measured -30 to -23 LUFS
    codec = build_audio_codec(CodecsConfig().audio)
    np.testing.assert_allclose(found.audio.features, codec.encode(louder, 16_000, 81).numpy(), atol=1e-4)
    assert found.audio.info.loudness == -23
    as_it_is = encode(loudness=None).audio
    assert as_it_is.info.gain == 1
    assert float(np.abs(as_it_is.features - found.audio.features).max()) > 0.05


def test_silence_is_left_alone_and_peaks_stay_in_the_codecs_range() -> None:
    samples = np.array([0.0, 0.5, -0.25], np.float32)
    assert gain_of(samples, -70.0, -23.0) == 1
    assert gain_of(samples, None, -23.0) == 1
    assert gain_of(samples, -63.0, -23.0) == 8.0 / 0.5


def test_scores_tell_bucket_and_enlargement(encode: Encode) -> None:
    assert encode().scores == {
        "bucket": "64x112",
        "scale": 0.56,
        "kept_area": 0.9552,
        "bytes": encode().scores["bytes"],
    }
    large = encode(buckets=("144x240", "240x144")).scores
    assert large["bucket"] == "144x240"
    assert large["scale"] == 1.2


def test_the_bucket_and_the_codec_re_run_this_stage_alone() -> None:
    plain, larger, other = lineage(), lineage(buckets=["480x832"]), lineage(audio={"name": "log-mel", "bands": 64})
    unit = clip()
    for stage in plain.stages:
        if plain.stages[stage].unit != unit.kind:
            continue
        keys = {one.key(stage, unit) for one in (plain, larger, other)}
        assert len(keys) == (3 if stage == "encode" else 1), stage


def test_weights_are_told_apart_by_their_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cointeract_curation.stages.encode.revision.find_spec", lambda name: name)
    weights = tmp_path / "Wan2.1_VAE.pth"
    config = EncodeConfig(latents={"name": "wan-vae", "path": weights})  # type: ignore[arg-type]
    found = set()
    for content in (b"one", b"two", b"one"):
        weights.write_bytes(content)
        found.add(revision(config))
    assert len(found) == 2


def test_keys_that_are_stated_are_those_of_the_codecs() -> None:
    codecs = CodecsConfig()
    built = (
        build_latent_codec(codecs.latents),
        build_text_codec(codecs.text),
        build_audio_codec(codecs.audio),
    )
    assert {codec.name: codec.key.partition(":")[0] for codec in built} == EMBEDDED_KEYS


def test_missing_weights_and_libraries_end_the_run_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = EncodeConfig(latents={"name": "wan-vae", "path": tmp_path / "none.pth"})  # type: ignore[arg-type]
    monkeypatch.setattr("cointeract_curation.stages.encode.revision.find_spec", lambda _: None)
    with pytest.raises(ConfigurationError, match=r"diffusers; install it with pip install 'cointeract-model\[wan\]'"):
        EncodeStage(config).revision()
    monkeypatch.setattr("cointeract_curation.stages.encode.revision.find_spec", lambda name: name)
    with pytest.raises(ConfigurationError, match=r"finds nothing at .*none\.pth.*cointeract doctor"):
        EncodeStage(config).revision()
    with pytest.raises(ConfigurationError, match="wan-vae"):
        EncodeStage(config).setup()


def test_a_gpu_codec_has_a_pool_of_its_own_and_the_others_share_one() -> None:
    on_cpu = fuse(list(build_stages(build_recipe({**RECIPE, "encode": {}}, "mine")).values())[4:])
    assert [pool.stages[-1] for pool in on_cpu] == ["encode"]
    gpu = {"latents": {"name": "wan-vae", "path": "vae.pth", "device": "cuda"}, "gpu_share": 0.5}
    pools = fuse(list(build_stages(build_recipe({**RECIPE, "encode": gpu}, "mine")).values())[4:])
    assert [pool.stages[-1] for pool in pools] == ["caption", "encode"]
    assert pools[1].resources == Resources(cpus=1, gpus=0.5)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_told(tmp_path: Path) -> None:
    config = EncodeConfig(latents={"name": "wan-vae", "path": tmp_path, "device": "cuda"})  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="finds no GPU here; set its device to cpu"):
        EncodeStage(config).setup()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"buckets": ["426x240"]}, "multiples of 16 pixels; the nearest is 432x240"),
        ({"buckets": ["wide"]}, "isn't a width and a height"),
        ({"buckets": ["48x240"]}, "too small for motion"),
        ({"buckets": []}, "at least 1 item"),
        (
            {"latents": {"name": "wan-vae", "path": "x", "device": "cuda:1"}},
            "latents.device is 'cuda:1'; give cpu or cuda",
        ),
        ({"latents": {"name": "other"}}, "block-dct"),
        ({"dtype": "int8"}, "float16"),
        ({"bucket": "64x112"}, "did you mean 'buckets'"),
    ],
)
def test_a_mistake_in_the_recipe_is_told(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        build_recipe({**RECIPE, "encode": settings}, "mine.yaml")


def test_a_configuration_reads_back_as_itself() -> None:
    config = EncodeConfig(buckets=("480x832", "832x480"))  # type: ignore[arg-type]
    assert EncodeConfig.model_validate(json.loads(config.model_dump_json())) == config
    with pytest.raises(ValidationError):
        EncodeConfig(gpu_share=0)


def prepared(tmp_path: Path, **changes: Any) -> LocalStore:
    store = LocalStore(tmp_path)
    for stage in EncodeStage.requires:
        write_artifacts(store.artifact(clip(), stage, ""), stage, clip(), **changes)
        store.results[(clip().unit_id, stage)] = SCORES.get(stage, {})
    return store


def run(store: LocalStore) -> None:
    stage = encode_stage(EncodeConfig(buckets=("64x112",)))  # type: ignore[arg-type]
    stage.setup()
    store.run(stage, clip())


def test_a_clip_of_other_frames_is_no_sample(tmp_path: Path) -> None:
    with pytest.raises(UnusableInputError, match=r"rgb\.mp4 has 80 frames of 120x200; a sample has 81"):
        run(prepared(tmp_path, count=80))


def test_sound_of_another_length_is_no_sample(tmp_path: Path) -> None:
    store = prepared(tmp_path)
    path = store.artifact(clip(), "cut", "audio.wav")
    path.write_bytes(path.read_bytes()[:-640])
    with pytest.raises(UnusableInputError, match=r"audio\.wav"):
        run(store)


def test_running_before_setup_is_told(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="call setup"):
        prepared(tmp_path).run(EncodeStage(EncodeConfig()), clip())
