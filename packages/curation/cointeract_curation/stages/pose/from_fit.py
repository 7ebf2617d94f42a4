"""Points of the whole body from the fitted body."""

from __future__ import annotations

import numpy as np

from cointeract_curation.human.fit import BodyFit
from cointeract_curation.human.landmarks import Landmarks
from cointeract_curation.media.frames import Frames
from cointeract_curation.stages.pose.protocol import BODY_POINTS, WholeBody

OF_THE_FACE = ("nose", "right_eye", "left_eye")
"""Points that are hidden where the face isn't seen."""
NECK_OF = ("left_shoulder", "right_shoulder")


class FitEstimator:
    """A `PoseEstimator` without a detector of its own: the fit is smooth in time and knows the points that are hidden."""

    def estimate(self, frames: Frames, landmarks: Landmarks, fit: BodyFit) -> WholeBody:
        """The body's and hands' points from the fit, the face's as detected.

        A hand that was never looked at (`hand_observed` 0) isn't seen: where it is, is a guess.
        """
        del frames  # what they show is in the landmarks
        names = list(fit.keypoint_names)
        body = np.full((fit.frames, len(BODY_POINTS), 2), np.nan)
        for index, name in enumerate(BODY_POINTS):
            sources = NECK_OF if name == "neck" else (name,)
            body[:, index] = fit.keypoints_2d[:, [names.index(source) for source in sources]].mean(axis=1)
        face_seen = landmarks.face_source > 0
        seen = np.repeat(fit.fitted[:, None], len(BODY_POINTS), axis=1)
        for name in OF_THE_FACE:
            seen[:, BODY_POINTS.index(name)] &= face_seen
        return WholeBody(
            body=body,
            body_seen=seen,
            hands=fit.hands_2d,
            hands_seen=fit.fitted[:, None] & (fit.hand_observed > 0),
            face=landmarks.face_keypoints,
            face_seen=face_seen & np.isfinite(landmarks.face_keypoints).all(axis=(1, 2)),
        )
