"""The object as a layer over the body: how much of each pixel it covers, and in which colour."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats32 = NDArray[np.float32]
Mask = NDArray[np.bool_]
Picture = NDArray[np.uint8]
Fill = Literal["rgb", "mask"]

FLAT_COLOUR = (255, 140, 0)
"""What an object is filled with that shows its mask alone: no grey, so that it can't be taken for a part of the body."""
SOFT_KERNEL = np.array([0.25, 0.5, 0.25], np.float32)
"""Over rows and columns of a mask: a straight edge covers three quarters of its last pixel and one quarter of the next."""
EDGE_PIXELS = 2
"""Pixels inside of an object's edge whose colours a camera mixes with what lies behind: one by its blur, one by 4:2:0 chroma."""
REACH = EDGE_PIXELS + 1
"""From the pixel outside of an edge to the first whose colour is the object's alone."""


@dataclass(frozen=True)
class Layer:
    """A part of the picture, from ``top`` and ``left`` on."""

    top: int
    left: int
    alpha: Floats32 = field(repr=False)
    """(h, w) covered share, 1 inside and between 0 and 1 at the edge."""
    colour: Picture = field(repr=False)
    """(h, w, 3) RGB, defined wherever ``alpha`` isn't 0."""

    @property
    def window(self) -> tuple[slice, slice]:
        """Rows and columns of the picture."""
        height, width = self.alpha.shape
        return slice(self.top, self.top + height), slice(self.left, self.left + width)


def object_layer(frame: Picture, mask: Mask, fill: Fill) -> Layer | None:
    """The layer of the visible object, or None where the mask is empty.

    The covered share reaches one pixel beyond the mask. At the edge the colour is that of the object just inside, so that nothing of
    the scene behind comes along.

    Args:
        frame: (H, W, 3) RGB.
        mask: (H, W) visible pixels of the object.
        fill: the object's own colours, or `FLAT_COLOUR`.
    """
    import cv2

    column, row, columns, rows = cv2.boundingRect(np.ascontiguousarray(mask).view(np.uint8))
    if rows == 0:
        return None
    height, width = mask.shape
    top, left = max(row - REACH, 0), max(column - REACH, 0)
    window = slice(top, min(row + rows + REACH, height)), slice(left, min(column + columns + REACH, width))
    inside = np.ascontiguousarray(mask[window], np.uint8)
    # An object that leaves the picture goes on beyond it.
    alpha = cv2.sepFilter2D(inside, cv2.CV_32F, SOFT_KERNEL, SOFT_KERNEL, borderType=cv2.BORDER_REPLICATE)
    if fill == "mask":
        colour = np.empty((*alpha.shape, 3), np.uint8)
        colour[:] = FLAT_COLOUR
    else:
        colour = _own_colours(frame[window], inside, alpha > 0)
    return Layer(top, left, np.asarray(alpha, np.float32), colour)


def _own_colours(picture: Picture, inside: Picture, shown: Mask) -> Picture:
    """Colours (h, w, 3): the picture's well inside of the mask; nearer to its edge the mean of those within reach.

    What is too thin to have an inside keeps its own pixels, and spreads them to the pixel beside it.
    """
    import cv2

    core = cv2.erode(inside, np.ones((3, 3), np.uint8), iterations=EDGE_PIXELS)
    colours = picture.copy()
    # From the widest reach to the nearest source; only pixels at the edge are touched, which are few.
    edge = shown & (core == 0)
    reached = _spread(colours, picture, core, REACH, edge)
    _spread(colours, picture, inside, 1, edge & ~reached & (inside == 0))
    return colours


def _spread(colours: Picture, picture: Picture, source: Picture, radius: int, wanted: Mask) -> Mask:
    """Set the ``wanted`` pixels of ``colours`` to the mean of ``picture`` over ``source`` in a square around each.

    Returns where (h, w) there was something of the source in it; other pixels stay as they are.
    """
    import cv2

    total = _sum_around(source, radius)
    found = np.asarray(wanted & (total > 0))
    if found.any():
        sums = _sum_around(np.asarray(cv2.copyTo(picture, source)), radius)
        colours[found] = np.rint(sums[found] / total[found][:, None]).astype(np.uint8)
    return found


def _sum_around(values: Picture, radius: int) -> Floats32:
    """The sum of a square around each pixel, nothing beyond the edge."""
    import cv2

    side = 2 * radius + 1
    summed = cv2.boxFilter(values, cv2.CV_32F, (side, side), normalize=False, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(summed, np.float32)
