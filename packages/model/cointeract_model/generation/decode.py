"""Fourth step: latents of a clip to frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cointeract_model.codecs.joint import decode_hoi, decode_with_motion, decode_without_motion
from cointeract_model.generation.denoise import ClipLatents
from cointeract_model.generation.encode import EncodedClip, References
from cointeract_model.generation.parts import Parts
from cointeract_shards.constants import MOTION_FRAMES, VAE_TEMPORAL_STRIDE

Frames = NDArray[np.uint8]
"""(T, H, W, 3) RGB."""

WHITE_BYTE = 255


@dataclass(frozen=True, eq=False)
class ClipFrames:
    """A clip that can be seen.

    Attributes:
        rgb: (80, H, W, 3).
        hoi: likewise, or None.
        routing: (80, rows, columns, 3) float32: probabilities of base, hand and head for each token of 16 x 16 pixels, or None.
        motion: (1, 3, 73, H, W) float32: the last frames, which the next clip goes on from.
    """

    rgb: Frames
    hoi: Frames | None
    routing: NDArray[np.float32] | None
    motion: Tensor


@torch.inference_mode()
def decode_clip(latents: ClipLatents, encoded: EncodedClip, references: References, parts: Parts) -> ClipFrames:
    """Decode a clip; with motion in one pass with the latents of the frames before it."""
    if encoded.motion is None:
        video = decode_without_motion(parts.latents, references.person.to(latents.target.device), latents.target)
    else:
        video = decode_with_motion(parts.latents, encoded.motion.to(latents.target.device), latents.target)
    video = video.clamp(-1, 1)
    routing = None
    if latents.routing is not None:
        routing = latents.routing[0].repeat_interleave(VAE_TEMPORAL_STRIDE, dim=1).permute(1, 2, 3, 0).cpu().numpy()
    return ClipFrames(
        rgb=as_bytes(video),
        hoi=None if latents.hoi is None else as_bytes(decode_hoi(parts.latents, latents.hoi).clamp(-1, 1)),
        routing=routing,
        motion=video[:, :, -MOTION_FRAMES:],
    )


def as_bytes(video: Tensor) -> Frames:
    """(T, H, W, 3) of frames (1, 3, T, H, W) from -1 to 1."""
    levels = ((video[0] + 1) * (WHITE_BYTE / 2)).round().to(torch.uint8)
    frames: Frames = levels.permute(1, 2, 3, 0).contiguous().cpu().numpy()
    return frames
