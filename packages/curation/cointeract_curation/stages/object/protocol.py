"""What finds the handled object and its pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.fit import BodyFit
from cointeract_curation.human.landmarks import Landmarks
from cointeract_curation.human.mesh import BodyMesh
from cointeract_curation.media.frames import Frames
from cointeract_curation.stages.object.config import Box

Prompts = Mapping[int, Box]
"""By frame of the clip, the box [x1, y1, x2, y2] in pixels that a reviewer drew around the object."""


@dataclass(frozen=True)
class Clip:
    """What a segmenter may look at. ``mesh`` is None in a clip without a fitted body."""

    frames: Frames
    landmarks: Landmarks
    fit: BodyFit
    mesh: BodyMesh | None
    prompts: Prompts = field(default_factory=dict)


@dataclass(frozen=True)
class Segmented:
    """The object's visible pixels in T frames of H x W."""

    masks: NDArray[np.bool_]
    """(T, H, W); all False where it isn't seen, and in every frame of a clip without a handled object."""
    confidence: NDArray[np.float32]
    """(T,) from 0 to 1: how sure the segmenter is of the mask; 0 where there is none."""


class HandledObjectSegmenter(Protocol):
    """Finds which object is handled, and its mask in every frame.

    A promptable video model (SAM 2.1) takes its boxes from the landmarks' hands or from ``prompts``, and follows the object from
    the prompted frames both ways; one that takes words (SAM 3) names products and keeps the instance that the hands touch. Both
    read the frames into memory once and give masks at the video's own size.
    """

    def segment(self, clip: Clip) -> Segmented:
        """The object that the person whom the landmarks follow handles; a clip without one gives empty masks, not an error."""

    def close(self) -> None:
        """Let go of the models."""
