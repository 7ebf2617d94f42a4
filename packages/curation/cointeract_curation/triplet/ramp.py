"""Measurements as scores."""

from __future__ import annotations

import numpy as np


def ramp(value: float, zero: float, one: float) -> float:
    """0 at ``zero``, 1 at ``one``, straight between and flat beyond; ``zero`` may be the larger of the two."""
    return float(np.clip((value - zero) / (one - zero), 0.0, 1.0))
