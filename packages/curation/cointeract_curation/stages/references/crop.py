"""A rectangle of a picture around what is worked on, so that the rest costs nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Crop:
    """Rows ``top`` to ``bottom`` and columns ``left`` to ``right`` of a picture, ends excluded."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """For indexing a picture (H, W, ...)."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def size(self) -> tuple[int, int]:
        """Height, width."""
        return self.bottom - self.top, self.right - self.left


def crop_around(mask: Mask, margin: float, least: int) -> Crop:
    """The rectangle of a mask's pixels with a margin: a share of its longer side, at least ``least`` pixels.

    Raises:
        ValueError: the mask is empty.
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        raise ValueError("an empty mask has no surroundings to cut out")
    longer = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    pad = max(least, round(margin * longer))
    return Crop(
        max(0, int(rows[0]) - pad),
        min(mask.shape[0], int(rows[-1]) + 1 + pad),
        max(0, int(columns[0]) - pad),
        min(mask.shape[1], int(columns[-1]) + 1 + pad),
    )
