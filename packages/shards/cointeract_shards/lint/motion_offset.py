"""How many frames one video runs ahead of another that shows the same movement.

Both are turned into activity: how much each cell of a coarse grid changes from one frame to the next. The same
    movement gives the same pattern over space and time whatever the texture, so the lag with the highest correlation
    is the offset. Still clips, unrelated streams and repeating movement have no clear peak; there the estimate
    abstains.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CELL = 4
"""Side of a grid cell in pixels of the reduced luma."""

MAX_LAG = 25
"""Largest offset searched, in frames: one second."""

MIN_LEVELS = 2.0
"""Grey levels that the most active cell must change by for a frame to count as moving."""

MIN_MOVING_SHARE = 0.15
"""Share of frames that must move in both videos."""

MIN_CORRELATION = 0.35
"""Peak below which the two videos don't show the same movement."""

MIN_LEAD = 0.05
"""How far the peak must stand above every lag within the tolerance for the offset to be believed."""


@dataclass(frozen=True)
class OffsetEstimate:
    """The offset, or why there is none."""

    frames: int | None
    """Frame of the first video minus frame of the second for the same moment: positive if the second runs ahead."""
    correlation: float
    """Correlation at the best lag, -1 to 1."""
    reason: str | None
    """Why the estimate abstains; None if it doesn't."""


def estimate_offset(first: NDArray[np.uint8], second: NDArray[np.uint8], tolerance: int) -> OffsetEstimate:
    """Offset between two videos of the same movement.

    Args:
        first: luma, `(frames, rows, columns)`.
        second: luma, the same shape.
        tolerance: lags up to this many frames are taken as in time unless another is clearly better.

    Returns:
        The offset in whole frames, within `MAX_LAG`.
    """
    a, b = _activity(first), _activity(second)
    for name, activity in (("first", a), ("second", b)):
        share = float(np.mean(activity.max(axis=1) > MIN_LEVELS))
        if share < MIN_MOVING_SHARE:
            return OffsetEstimate(None, 0.0, f"too little movement: {share:.0%} of the {name} video's frames move")
    lags = np.arange(-MAX_LAG, MAX_LAG + 1)
    correlation = _correlate(a, b)
    best = int(np.argmax(correlation))
    peak, lag = float(correlation[best]), int(lags[best])
    if peak < MIN_CORRELATION:
        return OffsetEstimate(None, peak, f"the two videos' movement correlates by {peak:.2f} at best")
    in_time = float(correlation[np.abs(lags) <= tolerance].max())
    if abs(lag) > tolerance and peak - in_time < MIN_LEAD:
        return OffsetEstimate(None, peak, f"lag {lag} ({peak:.2f}) is hardly better than none ({in_time:.2f})")
    return OffsetEstimate(lag, peak, None)


def _activity(luma: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Mean absolute change of each cell between consecutive frames, `(frames - 1, cells)`, in grey levels."""
    change = np.abs(np.diff(luma.astype(np.float64), axis=0))
    count, rows, columns = change.shape
    rows_cut, columns_cut = max(1, rows // CELL), max(1, columns // CELL)
    cell_rows, cell_columns = min(CELL, rows), min(CELL, columns)
    cut = change[:, : rows_cut * cell_rows, : columns_cut * cell_columns]
    cells: NDArray[np.float64] = cut.reshape(count, rows_cut, cell_rows, columns_cut, cell_columns).mean(axis=(2, 4))
    return cells.reshape(count, -1)


def _correlate(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Correlation of `first[t + lag]` with `second[t]` for each lag, over the frames that overlap."""
    a, b = _standard(first), _standard(second)
    count = min(len(a), len(b))
    values = np.full(2 * MAX_LAG + 1, -1.0)
    for index, lag in enumerate(range(-MAX_LAG, MAX_LAG + 1)):
        x = a[max(0, lag) : count + min(0, lag)]
        y = b[max(0, -lag) : count + min(0, -lag)]
        if len(x) < count // 2:
            continue
        norm = float(np.sqrt(np.sum(x * x) * np.sum(y * y)))
        values[index] = float(np.sum(x * y)) / norm if norm > 0 else 0.0
    return values


def _standard(activity: NDArray[np.float64]) -> NDArray[np.float64]:
    """Square root, so that a few strong cells don't decide alone, less each cell's mean over time."""
    root = np.sqrt(activity)
    centred: NDArray[np.float64] = root - root.mean(axis=0)
    return centred
