"""Smooth continuation of values into pixels that have none: the pull-push pyramid of Gortler et al., The Lumigraph, 1996."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats32 = NDArray[np.float32]

SMALLEST = 2
"""Shorter side at which the pyramid ends."""


def fill_smoothly(values: Floats32, weight: Floats32) -> Floats32:
    """(H, W, C) values with a smooth continuation where ``weight`` (H, W) is 0; kept where it is 1, mixed between.

    With no weight anywhere the result is 0.
    """
    import cv2

    height, width = weight.shape
    channels = values.shape[2]
    if not (weight < 1).any():
        return values
    if min(height, width) <= SMALLEST:
        total = float(weight.sum())
        mean = (values * weight[..., None]).sum(axis=(0, 1)) / total if total > 0 else np.zeros(channels)
        coarse = np.broadcast_to(mean.astype(np.float32), values.shape)
    else:
        half = ((width + 1) // 2, (height + 1) // 2)
        small_weight = cv2.resize(weight, half, interpolation=cv2.INTER_AREA)
        summed = cv2.resize(values * weight[..., None], half, interpolation=cv2.INTER_AREA).reshape(
            *half[::-1], channels
        )
        small = summed / np.maximum(small_weight, 1e-8)[..., None]
        # A coarse pixel that knows anything at all is trusted: its weight only tells known from unknown.
        filled = fill_smoothly(small.astype(np.float32), np.minimum(1.0, 4 * small_weight).astype(np.float32))
        coarse = cv2.resize(filled, (width, height), interpolation=cv2.INTER_LINEAR).reshape(values.shape)
    share = weight[..., None]
    return np.asarray(values * share + coarse * (1 - share), np.float32)
