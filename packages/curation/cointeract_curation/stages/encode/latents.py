"""The latents of a sample, with motion and without."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from cointeract_curation.stages.encode.pixels import ClipPixels
from cointeract_model.codecs.bucket_pixels import normalised
from cointeract_model.codecs.joint import Phase, encode_hoi, encode_pose, encode_with_motion, encode_without_motion
from cointeract_model.codecs.protocols import LatentCodec
from cointeract_shards.encoded import LatentsInfo, VideoLatents

Latents = NDArray[np.float32]


class EncodeBeside(Protocol):
    """`encode_hoi` or `encode_pose`."""

    def __call__(self, codec: LatentCodec, video: Tensor, /, *, with_motion: bool, phase: Phase) -> Tensor:
        """Latents beside a target with or without motion."""
        ...


def encode_latents(codec: LatentCodec, pixels: ClipPixels, info: LatentsInfo, device: str) -> VideoLatents:
    """Everything that a sample shows as latents, float32.

    Args:
        codec: of the latents.
        pixels: in the bucket of `info`.
        info: what the latents' file will say of them.
        device: `cpu`, or where the codec computes.
    """
    phase, moved = Phase(info.hoi_phase), pixels.motion is not None
    # Videos in float32 are large, so each is let go before the next one is made.
    hoi_without, hoi_with = _beside(encode_hoi, codec, _frames(pixels.hoi, device), phase, moved=moved)
    pose_without, pose_with = None, None
    if pixels.pose is not None:
        pose_without, pose_with = _beside(encode_pose, codec, _frames(pixels.pose, device), phase, moved=moved)
    target, person = _frames(pixels.target, device), _frames(pixels.person, device)
    motion, with_motion = None, None
    if pixels.motion is not None:
        joint = encode_with_motion(codec, _frames(pixels.motion, device), target)
        if joint.motion is None:
            raise RuntimeError("motion and target were encoded, and the motion's latents weren't given back")
        motion, with_motion = _array(joint.motion), _array(joint.target)
    return VideoLatents(
        info,
        without_motion=_array(encode_without_motion(codec, person, target).target),
        hoi_without_motion=hoi_without,
        person=_array(codec.encode(person)),
        product=_array(codec.encode(_frames(pixels.product, device))),
        motion=motion,
        with_motion=with_motion,
        hoi_with_motion=hoi_with,
        pose_without_motion=pose_without,
        pose_with_motion=pose_with,
    )


def _beside(
    encode: EncodeBeside, codec: LatentCodec, video: Tensor, phase: Phase, *, moved: bool
) -> tuple[Latents, Latents | None]:
    """Latents of a video beside a target without motion, and beside one with motion if the clip has it."""
    alone = _array(encode(codec, video, with_motion=False, phase=phase))
    return alone, _array(encode(codec, video, with_motion=True, phase=phase)) if moved else None


def _frames(pixels: Tensor, device: str) -> Tensor:
    """(1, 3, frames, height, width) float32 from -1 to 1."""
    return normalised(pixels.to(device))


def _array(latents: Tensor) -> Latents:
    """Of a batch of one, without the batch."""
    array: Latents = latents[0].float().cpu().numpy()
    return array
