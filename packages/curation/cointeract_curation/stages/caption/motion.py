"""How an object moves in the picture."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.caption.facts import Motion

Floats = NDArray[np.floating[Any]]

STILL = 0.12
"""Of the torso's length: an object whose middle stays within so much in both directions is still."""
MOVED = 0.25
"""Of the torso's length between the first and last third of a clip: from here on it moves in a direction."""
NEARER = 1.25
"""Growth of the object's side in the picture between the first and last third: from here on it comes nearer, if the hands agree."""
NEARER_METRES = 0.04
"""What the hands that hold it must have moved as well: a mask also grows where fingers let go."""
END_SHARE = 1 / 3
TURN = np.deg2rad(30)
"""Range of a long object's direction from which on it tilts."""
PERCENTILES = (5, 95)
"""Between which a range is measured: a few wrong masks don't count."""


def motion_of(middle: Floats, area: Floats, depth: Floats, torso: float | None) -> tuple[Motion, ...]:
    """Up to two directions, the larger first; `still`, or `about` where it comes back; empty without a torso to measure by.

    Args:
        middle: (T, 2) pixels x, y; NaN where the object isn't seen.
        area: (T,) pixels.
        depth: (T,) metres to the hands that touch it; NaN where none does.
        torso: length of the torso, pixels.
    """
    if torso is None or not torso > 0:
        return ()
    seen = np.isfinite(area)
    path, side = middle[seen] / torso, np.sqrt(area[seen])
    third = max(1, round(END_SHARE * len(path)))
    moved = np.median(path[-third:], axis=0) - np.median(path[:third], axis=0)
    growth = float(np.median(side[-third:]) / np.median(side[:third]))
    approach = _approach(depth[seen], third)
    agreed = abs(approach) >= NEARER_METRES and (approach > 0) == (growth > 1)
    found: list[tuple[float, Motion]] = [
        (abs(moved[0]) / MOVED, "right" if moved[0] > 0 else "left"),
        (abs(moved[1]) / MOVED, "down" if moved[1] > 0 else "up"),
        (abs(np.log(growth)) / np.log(NEARER) * agreed, "nearer" if growth > 1 else "farther"),
    ]
    found = sorted((item for item in found if item[0] >= 1), key=lambda item: -item[0])
    if found:
        return tuple(direction for _, direction in found[:2])
    low, high = np.percentile(path, PERCENTILES, axis=0)
    return ("still",) if (high - low).max() <= STILL else ("about",)


def _approach(depth: Floats, third: int) -> float:
    """Metres by which the hands came nearer between the first and last third; 0 where one of them isn't known."""
    first, last = (part[np.isfinite(part)] for part in (depth[:third], depth[-third:]))
    return float(np.median(first) - np.median(last)) if len(first) and len(last) else 0.0


def tilts(angles: Floats) -> bool:
    """Whether a long object turns in the picture; ``angles`` (T,) of its main axis in radians, NaN where it isn't seen."""
    # An axis is the same after half a turn, so the angles are doubled, and unwrapped from frame to frame.
    turned = np.unwrap(2 * angles[np.isfinite(angles)]) / 2
    low, high = np.percentile(turned, PERCENTILES)
    return bool(high - low >= TURN)
