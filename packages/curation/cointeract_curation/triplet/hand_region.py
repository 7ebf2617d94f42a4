"""The pixels that a hand covers, from its landmarks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.triplet.clip import Mask

FINGERS = tuple(tuple(range(first, first + 4)) for first in (1, 5, 9, 13, 17))
"""Landmarks of each finger from the palm outwards, thumb first."""
PALM = (0, 1, 5, 9, 13, 17)
WRIST, INDEX_KNUCKLE, MIDDLE_KNUCKLE, LITTLE_KNUCKLE = 0, 5, 9, 17
PALM_WIDTHS_IN_LENGTH = 1.3
"""A palm is this much longer, wrist to middle knuckle, than it is wide between the outer knuckles."""
FINGER_RADIUS = 0.1
"""Half of a finger's thickness as a share of the palm's length: some 0.9 cm of 9.5 cm."""


def palm_length(points: NDArray[np.float32]) -> float:
    """Length of the palm in pixels for landmarks (21, 2), taken across as well since one of the two is foreshortened."""
    along = np.linalg.norm(points[MIDDLE_KNUCKLE] - points[WRIST])
    across = np.linalg.norm(points[LITTLE_KNUCKLE] - points[INDEX_KNUCKLE])
    return float(max(along, PALM_WIDTHS_IN_LENGTH * across))


def hand_region(points: NDArray[np.float32], size: tuple[int, int], thickness: float = 1.0) -> Mask:
    """(H, W) pixels of a hand with landmarks (21, 2), its fingers ``thickness`` times as thick as usual.

    ``size`` is (height, width).
    """
    import cv2

    region = np.zeros(size, np.uint8)
    radius = FINGER_RADIUS * palm_length(points) * thickness
    # Far outside of the picture OpenCV's drawing would overflow.
    places = np.clip(np.rint(points), -4 * max(size), 4 * max(size)).astype(np.int32)
    line = max(1, round(2 * radius))
    cv2.fillConvexPoly(region, cv2.convexHull(places[list(PALM)]), 1)
    for finger in FINGERS:
        chain = places[[WRIST if finger[0] == 1 else finger[0], *finger]]
        cv2.polylines(region, [chain], isClosed=False, color=1, thickness=line)
    cv2.polylines(region, [places[list(PALM)]], isClosed=True, color=1, thickness=line)
    return region.astype(bool)
