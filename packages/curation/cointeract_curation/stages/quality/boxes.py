"""Areas of axis-parallel boxes, exactly.

A box is ``(x1, y1, x2, y2)`` in pixels of one picture, x to the right, y down, ``x2`` and ``y2`` past the end. A box
with ``x2 <= x1`` or ``y2 <= y1`` is empty and has no area.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cointeract_shards.records import Box


def area(box: Box) -> float:
    """Area of a box in square pixels."""
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def intersection(first: Box, second: Box) -> Box:
    """The part that two boxes share; empty where they share none."""
    return max(first[0], second[0]), max(first[1], second[1]), min(first[2], second[2]), min(first[3], second[3])


def intersection_over_union(first: Box, second: Box) -> float:
    """Shared area over joint area, 0..1; 0 where both are empty."""
    shared = area(intersection(first, second))
    joint = area(first) + area(second) - shared
    return shared / joint if joint > 0 else 0.0


def union_area(boxes: Sequence[Box]) -> float:
    """Area that at least one of the boxes covers, by a grid over all of their edges."""
    solid = np.array([box for box in boxes if area(box) > 0], dtype=np.float64).reshape(-1, 4)
    if not len(solid):
        return 0.0
    columns, rows = np.unique(solid[:, [0, 2]]), np.unique(solid[:, [1, 3]])
    covered = np.zeros((len(rows) - 1, len(columns) - 1), dtype=bool)
    for x1, y1, x2, y2 in solid:
        covered[_cells(rows, y1, y2), _cells(columns, x1, x2)] = True
    return float(np.outer(np.diff(rows), np.diff(columns))[covered].sum())


def covered_share(boxes: Sequence[Box], overlay_boxes: Sequence[Box]) -> float | None:
    """Share of the area of ``boxes`` that lies under at least one of ``overlay_boxes``.

    Every box counts with its own area, so boxes of several frames may be given at once: faces of all frames against
    the overlay of the clip give the mean covered share, weighted by area. Where overlays overlap each other, the area
    counts once.

    Returns:
        0..1, or None where ``boxes`` have no area at all, so that nothing could be covered.
    """
    total = sum(area(box) for box in boxes)
    if total <= 0:
        return None
    covered = sum(union_area([intersection(box, overlay) for overlay in overlay_boxes]) for box in boxes)
    return min(1.0, covered / total)


def _cells(edges: NDArray[np.float64], first: float, end: float) -> slice:
    return slice(int(np.searchsorted(edges, first)), int(np.searchsorted(edges, end)))
