"""The outline of a mask in numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class MaskShape:
    """In pixels and radians."""

    middle: tuple[float, float]
    """x, y of the pixels' mean."""
    area: float
    length: float
    """The longer side of the smallest rectangle around it, at any angle."""
    slimness: float
    """Longer over shorter side of that rectangle."""
    angle: float
    """Of the main axis to the picture's horizontal, from -pi/2 to pi/2."""
    cut: bool
    """Whether it touches the picture's edge, so that some may lie outside."""


def mask_shape(mask: NDArray[np.bool_]) -> MaskShape:
    """The shape of a mask (H, W) that isn't empty."""
    import cv2

    rows, columns = np.nonzero(mask)
    points = np.stack([columns, rows], axis=-1).astype(np.float32)
    _, sides, _ = cv2.minAreaRect(points)
    longer, shorter = max(sides) + 1, min(sides) + 1  # from the middles of pixels to their edges
    spread = np.cov(points.T, bias=True) if len(points) > 1 else np.zeros((2, 2))
    angle = 0.5 * np.arctan2(2 * spread[0, 1], spread[0, 0] - spread[1, 1])
    height, width = mask.shape
    edge = rows[0] == 0 or rows[-1] == height - 1 or columns.min() == 0 or columns.max() == width - 1
    x, y = points.mean(axis=0) + 0.5
    return MaskShape((float(x), float(y)), float(len(points)), longer, longer / shorter, float(angle), bool(edge))
