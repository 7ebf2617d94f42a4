"""What a hand does, from its landmarks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.caption.facts import Gesture

Points = NDArray[np.floating[Any]]

FINGERS = 5
JOINTS = 4
"""Of each finger, from the palm outwards; landmark 0 is the wrist."""
STRETCHED = 0.87
"""Least distance from a finger's first joint to its tip, over the length of its bones, of a finger that is stretched."""
POINTS = 0.12
"""How much straighter than the mean of middle, ring and little finger an index finger is that points."""
OBSERVED_SHARE = 0.3
"""Of all frames: a hand that was seen in fewer says nothing."""
USUAL = 0.5
"""Of the frames in which a hand was seen: how often a gesture must be made."""


def straightness(hands: Points) -> Points:
    """(T, 5) from thumb to little finger: 1 stretched, smaller the more it is bent; of landmarks (T, 21, 3)."""
    fingers = hands[:, 1:].reshape(len(hands), FINGERS, JOINTS, 3)
    bones = np.linalg.norm(np.diff(fingers, axis=2), axis=-1).sum(axis=-1)
    reach = np.linalg.norm(fingers[:, :, -1] - fingers[:, :, 0], axis=-1)
    return np.asarray(reach / np.maximum(bones, np.finfo(float).tiny))


def gesture_of(hands: Points, seen: NDArray[np.bool_]) -> Gesture | None:
    """What a hand does in most of the frames in which it was seen, or None.

    Args:
        hands: (T, 21, 3) landmarks in metres, NaN where the hand wasn't seen.
        seen: (T,) frames in which it was.
    """
    seen = seen & np.isfinite(hands).all(axis=(1, 2))
    if seen.mean() < OBSERVED_SHARE:
        return None
    _, index, *others = straightness(hands[seen]).T
    stretched = index >= STRETCHED
    if np.mean(stretched & (index - np.mean(others, axis=0) >= POINTS)) >= USUAL:
        return "pointing"
    if np.mean(stretched & (np.min(others, axis=0) >= STRETCHED)) >= USUAL:
        return "open"
    return None
