"""Telling a constant frame rate from a variable one."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

STANDARD_RATES = tuple(
    Fraction(rate)
    for rate in (
        *("24000/1001", "24", "25", "30000/1001", "30", "48", "50", "60000/1001", "60", "120000/1001", "120"),
        *("5", "10", "12", "25/2", "15", "15000/1001", "20", "100", "240"),
    )
)
JITTER_S = 1e-3
"""Seconds by which the times of a constant-rate source may differ from index / rate: containers round to the millisecond."""

JITTER_SHARE = 0.25
"""The same as a share of a frame's duration, for rates so high that a millisecond is a frame."""

NEAR = 1e-3
"""Relative distance within which a measured rate may stand for a standard one; the times decide."""

MAX_DENOMINATOR = 100_000
FLOAT_SLACK_S = 1e-6


def constant_rate(pts: NDArray[np.int64], time_base: Fraction, stated: Iterable[Fraction | None]) -> Fraction | None:
    """The exact rate that all presentation times agree with, or None where the rate varies.

    Args:
        pts: (N,) increasing presentation times in units of ``time_base``.
        time_base: seconds of one unit.
        stated: rates that the container states; tried with the standard rates near them and near the measured one.
    """
    candidates = [rate for rate in stated if rate is not None and rate > 0]
    if len(pts) > 1:
        span = int(pts[-1] - pts[0]) * time_base
        candidates.append(((len(pts) - 1) / span).limit_denominator(MAX_DENOMINATOR))
    near = [standard for rate in candidates for standard in STANDARD_RATES if abs(float(rate / standard) - 1.0) < NEAR]
    near.sort(key=lambda standard: abs(float(candidates[-1] / standard) - 1.0))
    seconds = (pts - pts[0]).astype(np.float64) * float(time_base)
    index = np.arange(len(pts), dtype=np.float64)
    for rate in dict.fromkeys((*near, *candidates)):
        period = 1.0 / float(rate)
        # A clock too coarse for the rate may round each time by up to a tick, as long as no frame can be taken for another.
        tick = float(time_base) if float(time_base) <= JITTER_SHARE * period else 0.0
        tolerance = max(min(JITTER_S, JITTER_SHARE * period), tick) + FLOAT_SLACK_S
        if float(np.abs(seconds - index * period).max()) <= tolerance:
            return rate
    return None
