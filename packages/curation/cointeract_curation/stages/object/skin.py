"""Which pixels show the person's skin, in colours learned from the face and hands of the same clip."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.fit import BodyFit
from cointeract_curation.human.landmarks import Landmarks
from cointeract_curation.stages.object.arms import SIDES, whole
from cointeract_curation.stages.object.colours import colour_bins, density
from cointeract_curation.stages.object.hands import PALM, Hands
from cointeract_curation.stages.object.view import View

Bools = NDArray[np.bool_]
Bytes = NDArray[np.uint8]
Floats32 = NDArray[np.float32]

DETECTED = (1, 2)
"""Sources of `landmarks.npz` whose landmarks were seen in that frame, rather than interpolated."""
CHEEKS = (0.5, 0.6, 0.25)
"""An ellipse of the face's box that shows skin and little hair or background: its middle, and its half axes, as shares of the sides."""
HEAD = (0.5, 0.5, 0.62)
"""One that holds all skin of the face."""
HAND_REACH = 1.2
"""Palm lengths around the middle of a hand within which skin is to be expected."""
FOREARM_WIDTH = 0.25
"""Of a palm's length: half of what a bare forearm may take up."""


def skin_likelihood(view: View, masks: Bools, landmarks: Landmarks, fit: BodyFit, hands: Hands) -> Floats32:
    """(T, h, w) from 0 to 1: how far each pixel's colour is skin's rather than that of everything else in the clip.

    ``masks`` (T, h, w) are the object's, ``hands`` are in pixels of the view. Without a face or detected hand there is no skin to learn
    from, and every pixel gets 0.5.
    """
    bins = colour_bins(view.lab)
    surely, maybe = np.zeros(bins.shape, np.uint8), np.zeros(bins.shape, np.uint8)
    scale = np.array(view.scale)
    for frame in range(view.frames):
        _mark_hands(surely[frame], maybe[frame], hands, landmarks, frame)
        _mark_forearms(maybe[frame], fit, hands, frame, scale)
        face = landmarks.face_box[frame] * np.tile(scale, 2)
        if np.isfinite(face).all():
            _mark_face(surely[frame], face.tolist(), CHEEKS)
            _mark_face(maybe[frame], face.tolist(), HEAD)
    skin = (surely > 0) & ~masks
    other = (maybe == 0) & ~skin
    of_skin, of_other = density(bins, skin), density(bins, other)
    return np.asarray((of_skin / (of_skin + of_other))[bins], np.float32)


def _mark_hands(surely: Bytes, maybe: Bytes, hands: Hands, landmarks: Landmarks, frame: int) -> None:
    import cv2

    for side in np.flatnonzero(hands.present[frame]):
        points, size = hands.points[frame, side], float(hands.size[frame, side])
        if landmarks.hand_source[frame, side] in DETECTED:
            cv2.fillPoly(surely, [cv2.convexHull(np.round(points[list(PALM)]).astype(np.int32))], 1)
        cv2.circle(maybe, whole(points.mean(axis=0)), round(HAND_REACH * size), 1, -1)


def _mark_forearms(maybe: Bytes, fit: BodyFit, hands: Hands, frame: int, scale: NDArray[np.float64]) -> None:
    import cv2

    for side, name in enumerate(SIDES):
        ends = [
            fit.keypoints_2d[frame, fit.keypoint_names.index(f"{name}_{part}")] * scale for part in ("elbow", "wrist")
        ]
        if hands.present[frame, side] and np.isfinite(ends).all():
            width = max(1, round(2 * FOREARM_WIDTH * float(hands.size[frame, side])))
            cv2.line(maybe, whole(ends[0]), whole(ends[1]), 1, width)


def _mark_face(picture: Bytes, box: Sequence[float], ellipse: tuple[float, float, float]) -> None:
    import cv2

    across, down, half = ellipse
    width, height = box[2] - box[0], box[3] - box[1]
    middle = np.array([box[0] + across * width, box[1] + down * height])
    cv2.ellipse(picture, whole(middle), (round(half * width), round(half * height)), 0, 0, 360, 1, -1)
