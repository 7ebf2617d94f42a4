"""Takes the jitter out of tracks without delaying them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.people.records import Float

POLYNOMIAL = 2


def runs(present: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """First and past-the-end index of each unbroken run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], present, [False]]).astype(np.int8)))
    for first, end in edges.reshape(-1, 2):
        yield int(first), int(end)


def smooth(points: Float, window: int) -> Float:
    """Savitzky-Golay along time (second order, zero phase) within each run of frames that have values.

    A quadratic motion passes unchanged, and no frame without values is bridged. A run shorter than ``window`` is
    smoothed with the longest odd window that fits, one shorter than 5 frames is left as it is.

    Args:
        points: (T, ...); a frame with any NaN is one without values.
        window: frames, odd.
    """
    # scipy.signal takes a while to import; it is needed only where tracks are made.
    from scipy.signal import savgol_filter

    result = points.copy()
    present = np.isfinite(points.reshape(len(points), -1)).all(axis=1)
    for first, end in runs(present):
        length = end - first
        fitting = min(window, length if length % 2 else length - 1)
        if fitting > POLYNOMIAL + 1:
            result[first:end] = savgol_filter(points[first:end], fitting, POLYNOMIAL, axis=0, mode="interp")
    return result
