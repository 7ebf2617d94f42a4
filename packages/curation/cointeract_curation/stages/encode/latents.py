"""The latents of a sample, with motion and without."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cointeract_curation.stages.encode.pixels import ClipPixels
from cointeract_model.codecs.joint import Phase, encode_hoi, encode_pose, encode_with_motion, encode_without_motion
from cointeract_model.codecs.protocols import LatentCodec
from cointeract_shards.encoded import LatentsInfo, VideoLatents

HALF_RANGE = 127.5


def encode_latents(codec: LatentCodec, pixels: ClipPixels, info: LatentsInfo, device: str) -> VideoLatents:
    """Everything that a sample shows as latents, float32.

    Args:
        codec: of the latents.
        pixels: in the bucket of `info`.
        info: what the latents' file will say of them.
        device: `cpu`, or where the codec computes.
    """
    phase = Phase(info.hoi_phase)
    target, hoi, person = (_frames(part, device) for part in (pixels.target, pixels.hoi, pixels.person))
    found = {
        "without_motion": encode_without_motion(codec, person, target).target,
        "hoi_without_motion": encode_hoi(codec, hoi, with_motion=False, phase=phase),
        "person": codec.encode(person),
        "product": codec.encode(_frames(pixels.product, device)),
    }
    if pixels.motion is not None:
        joint = encode_with_motion(codec, _frames(pixels.motion, device), target)
        if joint.motion is None:
            raise RuntimeError("motion and target were encoded, and the motion's latents weren't given back")
        found |= {
            "motion": joint.motion,
            "with_motion": joint.target,
            "hoi_with_motion": encode_hoi(codec, hoi, with_motion=True, phase=phase),
        }
    if pixels.pose is not None:
        pose = _frames(pixels.pose, device)
        found["pose_without_motion"] = encode_pose(codec, pose, with_motion=False, phase=phase)
        if pixels.motion is not None:
            found["pose_with_motion"] = encode_pose(codec, pose, with_motion=True, phase=phase)
    return VideoLatents(info, **{name: _array(latents) for name, latents in found.items()})


def _frames(pixels: Tensor, device: str) -> Tensor:
    """(1, 3, frames, height, width) float32 from -1 to 1."""
    return pixels.to(device)[None].to(torch.float32).div_(HALF_RANGE).sub_(1)


def _array(latents: Tensor) -> NDArray[np.float32]:
    """Of a batch of one, without the batch."""
    array: NDArray[np.float32] = latents[0].float().cpu().numpy()
    return array
