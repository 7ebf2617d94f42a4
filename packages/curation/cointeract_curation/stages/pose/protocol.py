"""What a pose estimator offers to the stage."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.fit import BodyFit
from cointeract_curation.human.landmarks import Landmarks
from cointeract_curation.media.frames import Frames

Points = NDArray[np.floating[Any]]
Flags = NDArray[np.bool_]

# OpenPose's 18 points, in its order; the neck is the middle of the shoulders.
BODY_POINTS = (
    "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist", "right_hip",
    "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "right_eye", "left_eye", "right_ear", "left_ear",
)  # fmt: skip
HAND_POINTS = 21


@dataclass(frozen=True)
class WholeBody:
    """One person's points over T frames, in pixels of the video; they may lie outside of it. Left and right are the person's own."""

    body: Points
    """(T, 18, 2) in the order of `BODY_POINTS`."""
    body_seen: Flags = field(repr=False)
    """(T, 18) points that are to be drawn."""
    hands: Points
    """(T, 2, 21, 2) left, right; wrist, then four for each finger from the thumb on, from the palm outwards."""
    hands_seen: Flags = field(repr=False)
    """(T, 2)"""
    face: Points
    """(T, N, 2) as many points as the estimator knows."""
    face_seen: Flags = field(repr=False)
    """(T,)"""


class PoseEstimator(Protocol):
    """Where a person's points are.

    An estimator that looks at pictures (DWPose, RTMW) takes the person's boxes from the landmarks and brings up to 68 points of the face.
    """

    def estimate(self, frames: Frames, landmarks: Landmarks, fit: BodyFit) -> WholeBody:
        """The points of the person that ``landmarks`` follow; frames without one have nothing that is seen."""
