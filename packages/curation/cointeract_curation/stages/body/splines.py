"""The splines over time that a pose follows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DEGREE = 3


def spline_basis(frames: int, spacing: int) -> Floats:
    """(T, N): the clamped cubic B-splines with a knot about every ``spacing`` frames, at each frame; rows sum to 1."""
    from scipy.interpolate import BSpline

    spans = max(1, round((frames - 1) / spacing))
    inner = np.linspace(0, max(frames - 1, 1), spans + 1)
    knots = np.concatenate([np.full(DEGREE, inner[0]), inner, np.full(DEGREE, inner[-1])])
    return np.asarray(BSpline.design_matrix(np.arange(frames, dtype=float), knots, DEGREE).toarray())
