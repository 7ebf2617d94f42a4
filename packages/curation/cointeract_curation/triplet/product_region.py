"""What of `product.png` is the product, and what is its ground."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from cointeract_curation.triplet.clip import Mask, Picture

WHITE = 240
"""Level from which all three channels count as white: editing models seldom give 255 everywhere."""
RIM = 0.03
"""Width of the border that must be ground, as a share of the picture's shorter side."""


@dataclass(frozen=True)
class ProductRegion:
    """The product in a picture, everything that the white around it doesn't reach."""

    mask: Mask = field(repr=False)
    """(H, W); white parts inside of the product are product."""
    largest_piece: float
    """Share of its pixels in the largest connected piece; 0 for none."""
    area: float
    """Share of the picture."""
    white_rim: float
    """Share of the picture's border that is white."""


def product_region(picture: Picture) -> ProductRegion:
    """Find the product in an RGB picture (H, W, 3)."""
    import cv2

    white = (picture >= WHITE).all(axis=2)
    padded = np.pad(white, 1, constant_values=True).astype(np.uint8)
    # What is white and connected to the outside is ground.
    _, labels = cv2.connectedComponents(padded, connectivity=4)
    mask = (labels != labels[0, 0])[1:-1, 1:-1]
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    pixels = int(mask.sum())
    largest = int(stats[1:, cv2.CC_STAT_AREA].max()) / pixels if count > 1 else 0.0
    width = max(1, round(RIM * min(mask.shape)))
    rim = np.ones_like(mask)
    rim[width:-width, width:-width] = False
    return ProductRegion(mask, largest, pixels / mask.size, float(white[rim].mean()))
