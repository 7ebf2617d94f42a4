"""The motion of what is behind the person: that of the camera, where one similarity explains it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.references.pull_push import fill_smoothly

Floats32 = NDArray[np.float32]
Mask = NDArray[np.bool_]

SAMPLES = 600
LEAST_SAMPLES = 12
AGREES = 1.0
"""Pixels of the flow's picture within which a sample follows the similarity."""
MOST_AGREE = 0.5
"""Share of the samples that must follow it."""
STILL = 0.35
"""Pixels below which all motion counts as none, so that nothing is resampled without need."""


def camera_motion(flow: Floats32, known: Mask) -> Floats32:
    """(h, w, 2): the flow (h, w, 2) of the pixels in ``known`` (h, w), continued to all others.

    With too few known pixels there is no motion; where no similarity fits them, they are continued smoothly.
    """
    import cv2

    rows, columns = np.nonzero(known)
    if len(rows) < LEAST_SAMPLES:
        return np.zeros_like(flow)
    picked = np.linspace(0, len(rows) - 1, min(SAMPLES, len(rows))).round().astype(int)
    start = np.stack([columns[picked], rows[picked]], axis=1).astype(np.float32)
    end = start + flow[rows[picked], columns[picked]]
    cv2.setRNGSeed(0)
    found, inliers = cv2.estimateAffinePartial2D(start, end, method=cv2.RANSAC, ransacReprojThreshold=AGREES)
    if found is None or inliers.mean() < MOST_AGREE:
        return fill_smoothly(flow * known[..., None], known.astype(np.float32))
    grid = np.stack(np.meshgrid(np.arange(flow.shape[1]), np.arange(flow.shape[0])), axis=2).astype(np.float64)
    motion = grid @ found[:, :2].T + found[:, 2] - grid
    if np.abs(motion).max() < STILL:
        return np.zeros_like(flow)
    return np.asarray(motion, np.float32)
