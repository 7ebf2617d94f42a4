"""How sharp a face or a hand is, whatever its size and light."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cointeract_curation.stages.people.records import Float

if TYPE_CHECKING:
    from numpy.typing import NDArray

PATCH = 128
"""Side of the patch that is measured, pixels."""
SMALLEST_CONTRAST = 4.0
"""Grey levels: a patch with less deviation is not stretched further, so that noise doesn't pass for detail."""
SMALLEST_SIDE = 8
"""A box with a shorter side than this, in pixels, is not measured."""


def sharpness(image: NDArray[np.uint8], box: Float) -> float | None:
    """The variance of the Laplacian of the box's content, brought to 128 x 128 pixels, zero mean and unit deviation.

    Larger is sharper. Bringing it to one size makes large blurred and small sharp faces comparable; dividing by the
    deviation takes light and contrast out. The Laplacian is the four-neighbour one; the measure is Pech-Pacheco et
    al. 2000 on a normalised patch.

    Args:
        image: (H, W, 3) uint8 RGB.
        box: x1, y1, x2, y2 in its pixels; the part inside of the image is measured.

    Returns:
        None where less than 8 pixels of a side lie inside of the image.
    """
    import cv2

    height, width = image.shape[:2]
    x1, y1 = (int(np.clip(np.floor(value), 0, limit)) for value, limit in zip(box[:2], (width, height), strict=True))
    x2, y2 = (int(np.clip(np.ceil(value), 0, limit)) for value, limit in zip(box[2:], (width, height), strict=True))
    if min(x2 - x1, y2 - y1) < SMALLEST_SIDE:
        return None
    shrinks = (x2 - x1) * (y2 - y1) >= PATCH * PATCH
    grey = cv2.cvtColor(np.ascontiguousarray(image[y1:y2, x1:x2]), cv2.COLOR_RGB2GRAY)
    patch = cv2.resize(grey, (PATCH, PATCH), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR).astype(
        np.float64
    )
    patch = (patch - patch.mean()) / max(float(patch.std()), SMALLEST_CONTRAST)
    return float(cv2.Laplacian(patch, cv2.CV_64F).var())
