"""Which frames each latent covers: motion and target in one pass, HOI and pose beside them, and back to frames.

Frame numbers count from the target's first frame; motion is frames `-73 .. -1`. A codec makes a latent of the first frame it is
given and one of each four that follow, so what stands in front decides where the groups of four begin:

| encoded | latents | target latent k (0 .. 19) covers |
|---|---|---|
| motion `-73 .. -1` and target `0 .. 79`, 153 frames | 19 + 20 | `4k .. 4k + 3` |
| person picture in place of frame 0, and `1 .. 80`, 81 frames | 1 + 20 | `4k + 1 .. 4k + 4` |

The VAE carries what it saw from frame to frame: motion and target must be encoded in one pass (encoding the target alone gives
other latents), while the first 19 of 39 equal the motion encoded alone. HOI and pose videos have no frames before the target; where
their first group must begin at frame 0, a copy of frame 0 stands in front. Their latent of the leading frame is dropped.

Sizes other than 73 and 81 frames work alike: `1 + 4 m` frames of motion, `1 + 4 n` of target.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import torch
from torch import Tensor

from cointeract_model.codecs.errors import CodecInputError
from cointeract_model.codecs.protocols import LatentCodec
from cointeract_shards.constants import VAE_SPATIAL_STRIDE, VAE_TEMPORAL_STRIDE, latent_frames

BLACK = -1.0


class Phase(StrEnum):
    """Which frames the latents of a HOI or pose video, and the audio features, belong to."""

    ALIGNED = "aligned"
    """Those of the RGB target: `4k .. 4k + 3` with motion, `4k + 1 .. 4k + 4` without."""

    RELEASE = "release"
    """As the released code does: HOI always `4k + 1 .. 4k + 4`, pose and sound always `4k .. 4k + 3`. So with motion HOI runs one
    frame late, and without motion pose and sound run one frame early."""


@dataclass(frozen=True)
class TargetLatents:
    """A target and what came before it.

    Attributes:
        motion: (B, 16, 19, h, w) of frames `-73 .. -1`, or None without motion.
        target: (B, 16, 20, h, w), what the model learns to predict.
    """

    motion: Tensor | None
    target: Tensor


def encode_with_motion(codec: LatentCodec, motion: Tensor, target: Tensor) -> TargetLatents:
    """Motion and the first 80 target frames in one pass. Target latent k covers frames `4k .. 4k + 3`; frame 80 isn't used.

    Args:
        codec: of the latents.
        motion: (B, 3, 73, H, W), -1 to 1, the frames directly before the target.
        target: (B, 3, 81, H, W).

    Raises:
        CodecInputError: frames that don't fit together or can't be encoded.
    """
    frames = _target_frames(target)
    before = _latents_of(motion, "motion")
    if motion.shape[:2] != target.shape[:2] or motion.shape[3:] != target.shape[3:]:
        raise CodecInputError(
            f"motion is {tuple(motion.shape)} and target {tuple(target.shape)}; only the number of frames may differ"
        )
    latents = codec.encode(torch.cat([motion, target[:, :, :frames]], 2))
    return TargetLatents(latents[:, :, :before], latents[:, :, before:])


def encode_without_motion(codec: LatentCodec, person: Tensor, target: Tensor) -> TargetLatents:
    """The target with its first frame replaced by the person's picture. Target latent k covers frames `4k + 1 .. 4k + 4`.

    Args:
        codec: of the latents.
        person: (B, 3, 1, H, W), the person reference.
        target: (B, 3, 81, H, W).

    Raises:
        CodecInputError: frames that don't fit together or can't be encoded.
    """
    _target_frames(target)
    if person.shape != target[:, :, :1].shape:
        raise CodecInputError(
            f"the person is {tuple(person.shape)}; give {tuple(target[:, :, :1].shape)}, as the target"
        )
    latents = codec.encode(torch.cat([person, target[:, :, 1:]], 2))
    return TargetLatents(None, latents[:, :, 1:])


def encode_hoi(codec: LatentCodec, hoi: Tensor, *, with_motion: bool, phase: Phase = Phase.ALIGNED) -> Tensor:
    """HOI latents (B, 16, 20, h, w) beside the RGB target's.

    Args:
        codec: of the latents.
        hoi: (B, 3, 81, H, W), frame for frame with the target.
        with_motion: whether the RGB target is encoded with motion.
        phase: see `Phase`.

    Raises:
        CodecInputError: frames that can't be encoded.
    """
    return _encode_from(codec, hoi, first=0 if with_motion and phase is Phase.ALIGNED else 1)


def encode_pose(codec: LatentCodec, pose: Tensor, *, with_motion: bool, phase: Phase = Phase.ALIGNED) -> Tensor:
    """Pose latents (B, 16, 20, h, w) beside the RGB target's; arguments as of `encode_hoi`."""
    return _encode_from(codec, pose, first=0 if with_motion or phase is Phase.RELEASE else 1)


def target_audio(features: Tensor, *, with_motion: bool, phase: Phase = Phase.ALIGNED) -> Tensor:
    """The audio features (..., 80) that belong to the RGB target's frames.

    Args:
        features: (..., 81), a column for each target frame.
        with_motion: whether the RGB target is encoded with motion.
        phase: see `Phase`.

    Raises:
        CodecInputError: a number of columns other than `1 + 4 n`.
    """
    columns = features.shape[-1]
    if columns % VAE_TEMPORAL_STRIDE != 1:
        raise CodecInputError(f"audio features of {columns} frames; give 1 + 4 n, such as the 81 of the target")
    first = 0 if with_motion or phase is Phase.RELEASE else 1
    return features[..., first : first + columns - 1]


def decode_with_motion(codec: LatentCodec, motion: Tensor, target: Tensor) -> Tensor:
    """The 80 new frames (B, 3, 80, H, W) of target latents that continue a motion context: the last 80 of 153.

    Their last 73 frames are the motion of the next clip.

    Args:
        codec: of the latents.
        motion: (B, 16, 19, h, w).
        target: (B, 16, 20, h, w).
    """
    return _decode_after(codec, motion, target)


def decode_without_motion(codec: LatentCodec, person: Tensor, target: Tensor) -> Tensor:
    """The 80 frames (B, 3, 80, H, W) of a first clip: 81 are decoded, and the first, the person's picture, is dropped.

    Args:
        codec: of the latents.
        person: (B, 16, 1, h, w), the person's picture.
        target: (B, 16, 20, h, w).
    """
    return _decode_after(codec, person, target)


def decode_hoi(codec: LatentCodec, hoi: Tensor) -> Tensor:
    """The 80 frames (B, 3, 80, H, W) of HOI or pose latents (B, 16, 20, h, w), led in by a black frame, their background."""
    size = [VAE_SPATIAL_STRIDE * cells for cells in hoi.shape[3:]]
    black = torch.full((hoi.shape[0], 3, 1, *size), BLACK, device=hoi.device)
    return _decode_after(codec, codec.encode(black), hoi)


def _encode_from(codec: LatentCodec, video: Tensor, first: int) -> Tensor:
    """Latents of as many frames as the target has, from frame `first` on; the frame before leads in, or a copy of frame 0."""
    frames = _target_frames(video)
    lead = max(first - 1, 0)
    latents = codec.encode(torch.cat([video[:, :, lead : lead + 1], video[:, :, first : first + frames]], 2))
    return latents[:, :, 1:]


def _decode_after(codec: LatentCodec, before: Tensor, target: Tensor) -> Tensor:
    if before.shape[:2] != target.shape[:2] or before.shape[3:] != target.shape[3:]:
        raise CodecInputError(
            f"latents before the target are {tuple(before.shape)} and the target's {tuple(target.shape)}; only the number may differ"
        )
    frames = VAE_TEMPORAL_STRIDE * target.shape[2]
    return codec.decode(torch.cat([before, target], 2))[:, :, -frames:]


def _target_frames(video: Tensor) -> int:
    """Frames that the target latents cover, 80 of 81."""
    return VAE_TEMPORAL_STRIDE * (_latents_of(video, "the target, HOI or pose video") - 1)


def _latents_of(video: Tensor, name: str) -> int:
    try:
        return latent_frames(video.shape[2])
    except (ValueError, IndexError) as error:
        raise CodecInputError(
            f"{name} has the shape {tuple(video.shape)}; give (batch, 3, frames, height, width) with 1 + 4 n frames, such as "
            "73 of motion and 81 of target"
        ) from error
