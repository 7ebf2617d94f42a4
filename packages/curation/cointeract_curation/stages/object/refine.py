"""The object's outline at the stored video's own resolution."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Floats32 = NDArray[np.float32]
Bools = NDArray[np.bool_]

BAND = 2
"""Pixels of the view by which the outline may move, inwards and outwards."""
MARGIN = 8
"""Pixels of the view around the mask that are looked at."""
DOUBT = 0.15
"""How much a pixel of the band says about itself, against one beyond it."""
SMOOTHING, COLOUR_SPREAD = 30.0, 8.0
"""Strength of the edge-aware smoothing, and the levels of colour that make an edge (Min et al., 2014: fast global smoother)."""
SPECK = 0.04
"""Parts of less than this share of the largest part's area are dropped."""
HOLE = 0.02
"""Holes of less than this share of the mask's area are filled."""
HALF = 0.5


def refine(frames: Iterable[NDArray[np.uint8]], maps: Floats32, size: tuple[int, int]) -> Bools:
    """Masks (T, H, W) of frames (H, W, 3) from maps (T, h, w) of probability; ``size`` is (W, H).

    What a map says far from its outline is spread along the picture up to its edges.
    """
    width, height = size
    out = np.zeros((len(maps), height, width), bool)
    for number, (frame, chance) in enumerate(zip(frames, maps, strict=True)):
        box = _box(chance > HALF, MARGIN)
        if box is None:
            continue
        left, top, right, bottom = box
        x1, x2 = left * width // chance.shape[1], -(-right * width // chance.shape[1])
        y1, y2 = top * height // chance.shape[0], -(-bottom * height // chance.shape[0])
        out[number, y1:y2, x1:x2] = _outline(
            np.ascontiguousarray(frame[y1:y2, x1:x2]), chance[top:bottom, left:right].astype(np.float32)
        )
    return out


def _outline(frame: NDArray[np.uint8], chance: Floats32) -> Bools:
    """The mask of a piece (H, W, 3) of a frame from its map (h, w)."""
    import cv2

    size = (frame.shape[1], frame.shape[0])
    inside = (chance > HALF).astype(np.uint8)
    kernel = np.ones((2 * BAND + 1, 2 * BAND + 1), np.uint8)
    inner, outer = cv2.erode(inside, kernel), cv2.dilate(inside, kernel)
    trust = np.where((inner > 0) | (outer == 0), 1.0, DOUBT).astype(np.float32)
    wide = cv2.resize(chance, size, interpolation=cv2.INTER_LINEAR)
    weight = cv2.resize(trust, size, interpolation=cv2.INTER_LINEAR)
    said = cv2.ximgproc.fastGlobalSmootherFilter(frame, wide * weight, SMOOTHING, COLOUR_SPREAD)
    known = cv2.ximgproc.fastGlobalSmootherFilter(frame, weight, SMOOTHING, COLOUR_SPREAD)
    sure = cv2.resize(inner, size, interpolation=cv2.INTER_NEAREST) > 0
    possible = cv2.resize(outer, size, interpolation=cv2.INTER_NEAREST) > 0
    return tidy(((said > HALF * known) | sure) & possible)


def tidy(mask: Bools) -> Bools:
    """A mask (H, W) without its small parts, and with its small holes filled."""
    import cv2

    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    if count == 1:
        return mask
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    whole = (areas >= SPECK * areas.max())[labels]
    count, labels, stats, _ = cv2.connectedComponentsWithStats((~whole).astype(np.uint8), connectivity=4)
    holes = stats[:, cv2.CC_STAT_AREA] < HOLE * whole.sum()
    holes[0] = False
    border = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    holes[border] = False
    return np.asarray(whole | holes[labels])


def _box(mask: Bools, margin: int) -> tuple[int, int, int, int] | None:
    """Left, top, right, bottom of a mask (h, w) with a margin inside of the picture; None where it is empty."""
    if not mask.any():
        return None
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (
        max(0, int(columns[0]) - margin),
        max(0, int(rows[0]) - margin),
        min(mask.shape[1], int(columns[-1]) + 1 + margin),
        min(mask.shape[0], int(rows[-1]) + 1 + margin),
    )
