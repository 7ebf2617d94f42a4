"""Measures of a mask's outline, which is far shorter than its pixels are many."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.triplet.clip import Mask
from cointeract_shards.records import Box


def outline(mask: Mask) -> NDArray[np.int32]:
    """(N, 1, 2) pixels x, y on the outer borders of a mask's pieces; N is 0 for an empty one."""
    import cv2

    pieces, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return np.concatenate([np.asarray(piece, np.int32) for piece in pieces] or [np.zeros((0, 1, 2), np.int32)])


def hull(mask: Mask) -> NDArray[np.int32]:
    """(N, 1, 2) corners of the convex outline of a mask that isn't empty."""
    import cv2

    return np.asarray(cv2.convexHull(outline(mask)))


def turned_sides(mask: Mask) -> tuple[float, float]:
    """Longer and shorter side, pixels, of the smallest turned box around the pixels' middles of a mask that isn't empty."""
    import cv2

    sides = cv2.minAreaRect(outline(mask))[1]
    return float(max(sides)), float(min(sides))


def solidity(mask: Mask) -> float:
    """Share of a mask's convex outline that the mask fills; 0 for an empty one."""
    import cv2

    if not mask.any():
        return 0.0
    return float(min(1.0, mask.sum() / max(cv2.contourArea(hull(mask)), 1.0)))


def mask_box(mask: Mask) -> Box:
    """The box (x1, y1, x2, y2) of a mask that isn't empty."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)
