"""Where the hands are, in pixels of the view: their points, size and shape in each frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.fit import BodyFit
from cointeract_curation.human.landmarks import Landmarks

Floats32 = NDArray[np.float32]

PALM = (0, 1, 5, 9, 13, 17)
FINGERS = ((1, 2, 3, 4), (5, 6, 7, 8), (9, 10, 11, 12), (13, 14, 15, 16), (17, 18, 19, 20))
SPANS = ((0, 9, 1.0), (0, 5, 1.0), (0, 17, 1.1), (5, 17, 1.5), (0, 1, 2.4))
"""Pairs of landmarks, and by how much the palm's length (wrist to middle knuckle) exceeds their distance in a flat hand."""
FINGER_WIDTH = 0.17
"""Of the palm's length."""
SMALLEST = 3.0
"""Pixels below which a hand is too small to tell anything."""
FAR = 99.0


@dataclass(frozen=True)
class Hands:
    """T frames, hands in the order left, right (the person's own). NaN where there is no hand in the picture."""

    points: Floats32
    """(T, 2, 21, 2) pixels of the view."""
    size: Floats32
    """(T, 2) the palm's length in pixels, wrist to middle knuckle, as if it faced the camera."""
    observed: NDArray[np.bool_]
    """(T, 2) whether the points were seen rather than guessed by the fitted body."""

    @property
    def present(self) -> NDArray[np.bool_]:
        """(T, 2)"""
        present: NDArray[np.bool_] = np.isfinite(self.size)
        return present


def find_hands(landmarks: Landmarks, fit: BodyFit, scale: tuple[float, float], shape: tuple[int, int]) -> Hands:
    """Hands from landmarks, and from the fitted body where there are none; ``shape`` is (rows, columns) of the view."""
    factor = np.array(scale, np.float32)
    seen = landmarks.hand_image * factor
    observed = np.isfinite(seen).all(axis=(2, 3))
    guess = np.where(fit.fitted[:, None, None, None], fit.hands_2d, np.nan) * factor
    points = np.where(observed[..., None, None], seen, guess).astype(np.float32)
    inside = (points >= 0).all(-1) & (points[..., 0] < shape[1]) & (points[..., 1] < shape[0])
    points[~inside.any(axis=-1)] = np.nan
    spans = [np.linalg.norm(points[:, :, a] - points[:, :, b], axis=-1) * factor_ for a, b, factor_ in SPANS]
    size = _median_in_time(np.max(spans, axis=0))
    size[size < SMALLEST] = np.nan
    return Hands(points, size.astype(np.float32), observed & np.isfinite(size))


def _median_in_time(values: Floats32, reach: int = 4) -> Floats32:
    out = values.copy()
    for frame in range(len(values)):
        near = values[max(0, frame - reach) : frame + reach + 1]
        for side in range(values.shape[1]):
            known = near[:, side][np.isfinite(near[:, side])]
            if np.isfinite(values[frame, side]) and known.size:
                out[frame, side] = np.median(known)
    return out


def draw_hand(points: Floats32, size: float, shape: tuple[int, int]) -> NDArray[np.uint8]:
    """The outline of a hand (21, 2) filled with ones in a picture (rows, columns)."""
    import cv2

    picture = np.zeros(shape, np.uint8)
    # OpenCV places 0 in the middle of the first pixel; four bits of fraction.
    fixed = np.round((points - 0.5) * 16).astype(np.int32)
    cv2.fillPoly(picture, [cv2.convexHull(fixed[list(PALM)])], 1, shift=4)
    width = max(1, round(FINGER_WIDTH * size))
    lines = [fixed[[*finger]] for finger in FINGERS] + [fixed[[*PALM]]]
    cv2.polylines(picture, lines, False, 1, thickness=width, shift=4)
    return picture


def hand_maps(hands: Hands, shape: tuple[int, int]) -> tuple[NDArray[np.uint8], Floats32]:
    """(T, h, w) bits of the hands' shapes (1 left, 2 right), and the distance (T, 2, h, w) to each, in palm lengths (`FAR`: no hand)."""
    import cv2

    frames = len(hands.size)
    shapes = np.zeros((frames, *shape), np.uint8)
    apart = np.full((frames, 2, *shape), FAR, np.float32)
    for frame, side in zip(*np.nonzero(hands.present), strict=True):
        size = float(hands.size[frame, side])
        drawn = draw_hand(hands.points[frame, side], size, shape)
        shapes[frame] |= drawn << side
        if drawn.any():
            apart[frame, side] = cv2.distanceTransform(1 - drawn, cv2.DIST_L2, 3) / size
    return shapes, apart
