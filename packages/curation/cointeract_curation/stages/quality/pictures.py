"""One pass over a clip's frames, keeping only the scaled-down pictures that the measurements need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.core.errors import UnusableInputError

if TYPE_CHECKING:
    from cointeract_curation.media.frames import Frames
    from cointeract_curation.stages.quality.config import QualityConfig

# cv2 is imported inside functions so that light commands stay light.

UInt8 = NDArray[np.uint8]

FEWEST_FRAMES = 2
"""Motion and frozen frames need two frames to compare."""


@dataclass(frozen=True)
class ClipPictures:
    """Scaled pictures of one clip.

    Attributes:
        height: rows of the clip's frames.
        width: columns of the clip's frames.
        luma: ``(T, h, w)`` uint8, luma of every frame at ``QualityConfig.short_side``.
        detailed: ``frame: (h, w)`` uint8, luma of every ``sharpness.stride``-th frame at ``sharpness.short_side``.
        sampled: ``frame: (h, w, 3)`` uint8 RGB of the frames for text and nudity at ``overlay.short_side``.

    Luma is Y' of ITU-R BT.601 (0.299 R + 0.587 G + 0.114 B of the gamma-coded values), full range 0..255.
    """

    height: int
    width: int
    luma: UInt8
    detailed: dict[int, UInt8]
    sampled: dict[int, UInt8]


def sample_frames(count: int, samples: int) -> list[int]:
    """Frames in the middle of ``samples`` equal parts of ``count`` frames; all frames where there are no more."""
    if count <= samples:
        return list(range(count))
    return [(2 * part + 1) * count // (2 * samples) for part in range(samples)]


def scaled_size(height: int, width: int, short_side: int) -> tuple[int, int]:
    """Rows and columns of a picture scaled so that its shorter side has ``short_side`` pixels, the other rounded."""
    shorter = min(height, width)
    return round(height * short_side / shorter), round(width * short_side / shorter)


def scaled(picture: UInt8, short_side: int) -> UInt8:
    """The picture with its shorter side scaled to ``short_side``: area means where it shrinks, else bilinear."""
    import cv2

    height, width = scaled_size(picture.shape[0], picture.shape[1], short_side)
    shrinks = height < picture.shape[0]
    return np.asarray(
        cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR),
        dtype=np.uint8,
    )


def take_pictures(frames: Frames, config: QualityConfig) -> ClipPictures:
    """Read all frames once.

    Raises `UnusableInputError` for a clip of fewer than two frames, or with another number of frames than it promises.
    """
    import cv2

    if frames.count < FEWEST_FRAMES:
        raise UnusableInputError(
            f"a clip of {frames.count} frame(s) has no motion to measure: it needs at least {FEWEST_FRAMES}"
        )
    wanted = set(sample_frames(frames.count, config.overlay.samples))
    luma: list[UInt8] = []
    detailed: dict[int, UInt8] = {}
    sampled: dict[int, UInt8] = {}
    for index, frame in enumerate(frames):
        full = np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
        luma.append(scaled(full, config.short_side))
        if index % config.sharpness.stride == 0:
            detailed[index] = scaled(full, config.sharpness.short_side)
        if index in wanted:
            sampled[index] = scaled(frame, config.overlay.short_side)
    if len(luma) != frames.count:
        raise UnusableInputError(f"the clip promises {frames.count} frames and holds {len(luma)}")
    return ClipPictures(frames.height, frames.width, np.stack(luma), detailed, sampled)
