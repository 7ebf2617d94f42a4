"""The object's outline at the stored video's own resolution."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Floats32 = NDArray[np.float32]
Bools = NDArray[np.bool_]

MARGIN = 12
"""Pixels of the view around the mask in which its outline may move."""
RADIUS = 2.0
"""Pixels of the view over which the outline follows the picture's edges."""
EDGE = 1e-3
"""Squared contrast, of values from 0 to 1, below which an edge isn't one (He et al., Guided Image Filtering, eq. 5)."""


def refine(frames: Iterable[NDArray[np.uint8]], maps: Floats32, size: tuple[int, int]) -> Bools:
    """Masks (T, H, W) of frames (H, W, 3) from maps (T, h, w) of probability outside of which there is none; ``size`` is (W, H).

    Each map is enlarged and pulled to the edges of the frame by a guided filter.
    """
    import cv2

    width, height = size
    rows, columns = maps.shape[1:]
    out = np.zeros((len(maps), height, width), bool)
    radius = max(1, round(RADIUS * width / columns))
    for number, (frame, probability) in enumerate(zip(frames, maps, strict=True)):
        box = _box(probability > 0.5, MARGIN)  # noqa: PLR2004
        if box is None:
            continue
        left, top, right, bottom = box
        x1, x2 = left * width // columns, -(-right * width // columns)
        y1, y2 = top * height // rows, -(-bottom * height // rows)
        soft = cv2.resize(probability[top:bottom, left:right], (x2 - x1, y2 - y1), interpolation=cv2.INTER_LINEAR)
        guide = frame[y1:y2, x1:x2].astype(np.float32) / 255
        out[number, y1:y2, x1:x2] = cv2.ximgproc.guidedFilter(guide, soft, radius, EDGE) > 0.5  # noqa: PLR2004
    return out


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
