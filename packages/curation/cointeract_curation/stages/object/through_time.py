"""Smoothing of maps along the flow, in both directions of time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats32 = NDArray[np.float32]


def carry(picture: Floats32, flow: Floats32) -> Floats32:
    """A map (h, w) of a neighbouring frame, seen from this one; ``flow`` (h, w, 2) leads from this frame to that one."""
    import cv2

    height, width = picture.shape
    x = flow[..., 0] + np.arange(width, dtype=np.float32)
    y = flow[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    return np.asarray(cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def smooth_in_time(maps: Floats32, onward: Floats32, back: Floats32, keep: float) -> Floats32:
    """Maps (T, h, w), each averaged with its past and its future along the flow; ``keep`` is the neighbour's share."""
    past, future = maps.copy(), maps.copy()
    for number in range(1, len(maps)):
        past[number] = (1 - keep) * maps[number] + keep * carry(past[number - 1], back[number - 1])
    for number in range(len(maps) - 2, -1, -1):
        future[number] = (1 - keep) * maps[number] + keep * carry(future[number + 1], onward[number])
    return np.asarray((past + future) / 2, np.float32)
