"""What moves how: dense flow between neighbouring frames, the camera's own motion, and each hand's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.object.view import Bytes

Floats32 = NDArray[np.float32]
Floats = NDArray[np.float64]

GRID_STEP = 8
"""Pixels between the points that the camera's motion is fitted to."""
FEWEST_POINTS = 12
"""With fewer points a motion is taken to be none."""
INLIER_PIXELS = 0.7
"""Within which a point follows a motion."""
STILL = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def dense_flow(rgb: Bytes) -> tuple[Floats32, Floats32]:
    """Flow (T - 1, h, w, 2) in pixels from each frame to the next, and from each next frame back to it."""
    import cv2

    grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in rgb]
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    shape = (max(0, len(rgb) - 1), *rgb.shape[1:3], 2)
    onward, back = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for number in range(len(rgb) - 1):
        onward[number] = flow.calc(grey[number], grey[number + 1], None)
        back[number] = flow.calc(grey[number + 1], grey[number], None)
    return onward, back


def fit_motion(flow: Floats32, weights: NDArray[np.bool_]) -> Floats:
    """The similarity (2, 3) that most of the chosen points (rows, columns of `weights`, on the grid of `flow`) follow."""
    import cv2

    rows, columns = np.nonzero(weights)
    if len(rows) < FEWEST_POINTS:
        return STILL.copy()
    start = np.stack([columns, rows], axis=1).astype(np.float32)
    found, _ = cv2.estimateAffinePartial2D(
        start, start + flow[rows, columns], method=cv2.RANSAC, ransacReprojThreshold=INLIER_PIXELS
    )
    return STILL.copy() if found is None else np.asarray(found)


def camera_motion(onward: Floats32, background: NDArray[np.bool_]) -> Floats:
    """(T - 1, 2, 3): how the background (T, h, w) moves from each frame to the next."""
    grid = np.zeros(background.shape[1:], bool)
    grid[GRID_STEP // 2 :: GRID_STEP, GRID_STEP // 2 :: GRID_STEP] = True
    moves = [fit_motion(flow, grid & place) for flow, place in zip(onward, background, strict=False)]
    return np.array(moves).reshape(-1, 2, 3)


def chain(moves: Floats) -> Floats:
    """(T, 3, 3) from each frame to the middle one, from the motions (T - 1, 2, 3) between neighbours."""
    count = len(moves) + 1
    full = np.tile(np.eye(3), (count - 1, 1, 1)) if count > 1 else np.zeros((0, 3, 3))
    full[:, :2] = moves
    to_first = [np.eye(3)]
    for back in np.linalg.inv(full):
        to_first.append(to_first[-1] @ back)
    middle = np.linalg.inv(to_first[count // 2])
    return np.array([middle @ step for step in to_first])


def residual(flow: Floats32, move: Floats) -> Floats32:
    """(h, w) pixels by which a flow (h, w, 2) differs from a motion (2, 3)."""
    height, width = flow.shape[:2]
    x, y = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)[:, None]
    off_x = flow[..., 0] - (np.float32(move[0, 0] - 1) * x + np.float32(move[0, 1]) * y + np.float32(move[0, 2]))
    off_y = flow[..., 1] - (np.float32(move[1, 0]) * x + np.float32(move[1, 1] - 1) * y + np.float32(move[1, 2]))
    return np.sqrt(off_x * off_x + off_y * off_y)
