"""Decoded, the latents show the frames that they should: the right ones, at the right place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from cointeract_model.codecs.block_dct import BlockDctCodec
from cointeract_model.codecs.joint import decode_with_motion, decode_without_motion
from cointeract_shards.buckets import Bucket
from cointeract_shards.tensor_file import Floats
from tests.curation.stages.encode.conftest import Encode
from tests.curation.stages.encode.numbered_clip import BUCKET, clip, decoded, number

CODEC = BlockDctCodec()
WITH_MOTION, WITHOUT_MOTION = range(80), range(1, 81)


def tensor(latents: Floats | None) -> torch.Tensor:
    assert latents is not None
    return torch.from_numpy(np.array(latents, np.float32))[None]


def levels(frames: torch.Tensor) -> NDArray[np.float64]:
    """(frames, H, W, 3) from 0 to 255 of (1, 3, frames, H, W) from -1 to 1."""
    return ((frames[0].permute(1, 2, 3, 0).double().clamp(-1, 1) + 1) * 127.5).numpy()


def late(found: NDArray[np.float64], stored: Path, first: int) -> float:
    """How many frames what was found runs ahead of a stored video from its frame `first` on, by the numbers they show."""
    wanted = decoded(stored)[first : first + len(found)]
    ahead = [number(one) - number(other) for one, other in zip(found, wanted, strict=True)]
    assert max(ahead) - min(ahead) < 2
    return float(np.mean(ahead))


def cut_out(frames: NDArray[np.float64], bucket: Bucket = BUCKET) -> NDArray[np.float64]:
    """Frames as the released trainer scales and cuts them, with Pillow."""
    found = []
    for frame in frames.astype(np.uint8):
        height, width = frame.shape[:2]
        scale = max(bucket.height / height, bucket.width / width)
        size = (round(width * scale), round(height * scale))
        scaled = Image.fromarray(frame).resize(size, Image.Resampling.BILINEAR)
        left, top = (size[0] - bucket.width) // 2, (size[1] - bucket.height) // 2
        found.append(np.asarray(scaled.crop((left, top, left + bucket.width, top + bucket.height))))
    return np.stack(found).astype(np.float64)


def psnr(found: NDArray[np.float64], wanted: NDArray[np.float64]) -> float:
    return float(10 * np.log10(255**2 / np.mean((found - wanted) ** 2)))


def after_person(latents: Floats | None, person: Floats) -> NDArray[np.float64]:
    return levels(decode_without_motion(CODEC, tensor(person), tensor(latents)))


def test_the_target_covers_its_first_80_frames_with_motion_and_its_last_80_without(encode: Encode) -> None:
    encoded = encode()
    found, rgb = encoded.latents, encoded.artifact("cut", "rgb.mp4")
    joint = levels(decode_with_motion(CODEC, tensor(found.motion), tensor(found.with_motion)))
    assert late(joint, rgb, 0) == pytest.approx(0, abs=0.1)
    assert late(after_person(found.without_motion, found.person), rgb, 1) == pytest.approx(0, abs=0.1)
    motion = levels(CODEC.decode(tensor(found.motion)))
    assert late(motion, encoded.artifact("cut", "motion.mp4"), 0) == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize(("phase", "first"), [("aligned", 0), ("release", 1)])
def test_hoi_covers_the_targets_frames_or_those_of_the_released_code(encode: Encode, phase: str, first: int) -> None:
    encoded = encode(hoi_phase=phase)
    found, hoi = encoded.latents, encoded.artifact("structure", "hoi.mp4")
    assert late(after_person(found.hoi_with_motion, found.person), hoi, first) == pytest.approx(0, abs=0.1)
    assert late(after_person(found.hoi_without_motion, found.person), hoi, 1) == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize(("phase", "first"), [("aligned", 1), ("release", 0)])
def test_pose_likewise_where_it_is_asked_for(encode: Encode, phase: str, first: int) -> None:
    encoded = encode(hoi_phase=phase, pose=True)
    found, pose = encoded.latents, encoded.artifact("pose", "pose.mp4")
    assert late(after_person(found.pose_with_motion, found.person), pose, 0) == pytest.approx(0, abs=0.1)
    assert late(after_person(found.pose_without_motion, found.person), pose, first) == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize(
    ("tensor_name", "video", "frames"),
    [
        ("with_motion", ("cut", "rgb.mp4"), WITH_MOTION),
        ("without_motion", ("cut", "rgb.mp4"), WITHOUT_MOTION),
        ("hoi_with_motion", ("structure", "hoi.mp4"), WITH_MOTION),
        ("hoi_without_motion", ("structure", "hoi.mp4"), WITHOUT_MOTION),
    ],
)
def test_decoded_latents_are_as_near_to_their_frames_as_the_codec_can_be(
    encode: Encode, tensor_name: str, video: tuple[str, str], frames: range
) -> None:
    found = encode(dtype="float16")
    stored = cut_out(decoded(found.artifact(*video)))
    before = torch.from_numpy(stored[frames[0]]).permute(2, 0, 1)[None, :, None].float() / 127.5 - 1
    shown = torch.from_numpy(stored[list(frames)]).permute(3, 0, 1, 2)[None].float() / 127.5 - 1
    projected = levels(CODEC.decode(CODEC.encode(torch.cat([before, shown], 2)))[:, :, 1:])
    result = after_person(getattr(found.latents, tensor_name), found.latents.person)
    best = psnr(projected, stored[list(frames)])
    assert best > 22
    assert psnr(result, stored[list(frames)]) > best - 0.05


def test_the_person_covers_the_bucket_and_the_product_lies_in_it_whole_on_white(encode: Encode) -> None:
    found = encode(buckets=("112x64",)).latents
    wide = Bucket(width=112, height=64)
    product = levels(CODEC.decode(tensor(found.product)))[0]
    assert product[:, :32].min() > 250
    assert product[:, -32:].min() > 250
    red = product[32, 56]
    assert red[0] > 180
    assert red[1:].max() < 60
    person = levels(CODEC.decode(tensor(found.person)))
    stored = cut_out(np.asarray(Image.open(encode().artifact("references", "person.png")).convert("RGB"))[None], wide)
    projected = levels(
        CODEC.decode(CODEC.encode(torch.from_numpy(stored / 127.5 - 1).permute(3, 0, 1, 2)[None].float()))
    )
    assert psnr(person, projected) > 45


def test_a_clip_without_motion_has_what_needs_none(encode: Encode) -> None:
    encoded = encode(clip(0, motion=False))
    found = encoded.latents
    assert not found.info.motion
    assert found.motion is None
    assert found.with_motion is None
    assert found.hoi_with_motion is None
    shown = after_person(found.without_motion, found.person)
    assert late(shown, encoded.artifact("cut", "rgb.mp4"), 1) == pytest.approx(0, abs=0.1)


def test_the_stored_cut_says_where_boxes_go(encode: Encode) -> None:
    info = encode().latents.info
    place = info.frames
    assert info.bucket == BUCKET
    assert (place.source_width, place.source_height) == (120, 200)
    assert (place.scaled_width, place.scaled_height, place.left, place.top) == (67, 112, 1, 0)


def test_float16_costs_nothing_that_can_be_seen(encode: Encode) -> None:
    exact, half = encode().latents, encode(dtype="float16").latents
    shown = after_person(exact.without_motion, exact.person)
    assert psnr(after_person(half.without_motion, half.person), shown) > 70


def test_the_same_clip_gives_the_same_bytes_again(encode: Encode) -> None:
    def stored() -> list[bytes]:
        found = encode(dtype="float16")
        return [
            Path(found.artifact("encode", f"{kind}.safetensors")).read_bytes() for kind in ("latents", "text", "audio")
        ]

    assert stored() == stored()
