"""A clip at the resolution at which the object is looked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.media.frames import Frames

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class View:
    """T frames of h x w pixels. Points of the stored video times ``scale`` are points of the view."""

    rgb: Bytes
    """(T, h, w, 3)"""
    lab: Bytes
    """(T, h, w, 3) CIE Lab as OpenCV packs it into bytes."""
    scale: tuple[float, float]
    """Of x and of y."""

    @property
    def frames(self) -> int:
        """T."""
        return len(self.rgb)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return self.rgb.shape[1], self.rgb.shape[2]


def make_view(frames: Frames, short_side: int) -> View:
    """All frames, made smaller so that the shorter side has ``short_side`` pixels; never larger than they are."""
    return view_of(frames, frames.count, (frames.width, frames.height), short_side)


def view_of(pictures: Iterable[Bytes], count: int, size: tuple[int, int], short_side: int) -> View:
    """The view of ``count`` pictures (H, W, 3), ``size`` (W, H)."""
    import cv2

    factor = min(1.0, short_side / min(size))
    width, height = (max(1, round(side * factor)) for side in size)
    rgb = np.empty((count, height, width, 3), np.uint8)
    lab = np.empty_like(rgb)
    for number, picture in enumerate(pictures):
        rgb[number] = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
        lab[number] = cv2.cvtColor(rgb[number], cv2.COLOR_RGB2LAB)
    return View(rgb, lab, (width / size[0], height / size[1]))
