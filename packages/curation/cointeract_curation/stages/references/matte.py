"""Soft edges for a mask: how much of each pixel at the edge is the object, and what colour the object has there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.references.pull_push import fill_smoothly

Floats32 = NDArray[np.float32]
Mask = NDArray[np.bool_]

BAND = 3
"""Pixels on both sides of a mask's edge that may be mixed."""
SOFTNESS = 1.0
"""Standard deviation, in pixels, of the edge where colours can't tell the object from what is behind it."""
OPAQUE = 0.98
"""Share from which a pixel keeps its own colour."""
TELLING = 40.0
"""Distance of the two colours, in RGB levels, from which their mixture tells the share fully."""


def matte(picture: NDArray[np.uint8], mask: Mask) -> tuple[Floats32, Floats32]:
    """The object's share (H, W) of each pixel, 0..1, and its own colours (H, W, 3) without what is behind it.

    A pixel in the band is taken as a mixture of the nearest sure colours of the two sides.
    """
    import cv2

    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * BAND + 1, 2 * BAND + 1))
    inside = cv2.erode(mask.astype(np.uint8), kernel, borderType=cv2.BORDER_CONSTANT, borderValue=1).astype(bool)
    around = cv2.dilate(mask.astype(np.uint8), kernel).astype(bool)
    if not inside.any():
        # Too thin to have a sure inside: its own mask is all there is.
        inside = mask
    colours = picture.astype(np.float32)
    front = fill_smoothly(colours * inside[..., None], inside.astype(np.float32))
    behind = fill_smoothly(colours * ~around[..., None], (~around).astype(np.float32))
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), SOFTNESS)
    apart = front - behind
    squared = np.maximum((apart**2).sum(axis=2), 1e-3)
    mixed = np.clip(((colours - behind) * apart).sum(axis=2) / squared, 0, 1)
    trust = np.clip(np.sqrt(squared) / TELLING, 0, 1)
    # A colour of its own at the edge, such as a highlight, is no mixture: the mask keeps a say.
    share = soft * (1 - trust) + mixed * np.clip(2 * soft, 0, 1) * trust
    band = around & ~inside
    alpha = np.where(band, share, mask.astype(np.float32)).astype(np.float32)
    own = np.where((band & (alpha < OPAQUE))[..., None], front, colours)
    return alpha, np.asarray(own, np.float32)
