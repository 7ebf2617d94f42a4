"""How well the stored video shows what was drawn."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.media.frames import Frames

Picture = NDArray[np.uint8]
Mask = NDArray[np.bool_]

STRIDE = 5
"""Every which frame is compared. It shares no divisor with the encoder's keyframes and B-frames, so all kinds of frames take part."""
CEILING_DB = 100.0
"""Reported where no value differs."""
PEAK = 255.0


@dataclass
class _Error:
    squares: float = 0.0
    values: int = 0

    def add(self, first: Picture, second: Picture, where: Mask | None = None) -> None:
        """Take in two pictures (H, W, 3), on the pixels ``where`` (H, W). All sums are of whole numbers, and exact."""
        import cv2

        inside = None if where is None else where.view(np.uint8)
        self.squares += cv2.norm(first, second, cv2.NORM_L2SQR, inside)
        self.values += first.size if where is None else int(np.count_nonzero(where)) * first.shape[2]

    def decibels(self) -> float | None:
        if not self.values:
            return None
        if self.squares == 0:
            return CEILING_DB
        return min(CEILING_DB, float(10 * np.log10(PEAK**2 * self.values / self.squares)))


@dataclass(frozen=True)
class Fidelity:
    """Peak signal-to-noise ratios in decibels over RGB values of 0 to 255; None where nothing of the kind was drawn."""

    all: float | None
    """Over whole frames, most of which are black as a rule."""
    shown: float | None
    """Over pixels that show the body or the object."""
    object: float | None
    """Over pixels of the object, whose colours are stored at half the resolution."""


@dataclass
class Drawn:
    """Pictures that were drawn, kept to be compared with what was stored."""

    _kept: dict[int, tuple[Picture, Mask]] = field(default_factory=dict)

    def keep(self, frame: int, picture: Picture, objects: Mask) -> None:
        """Remember a frame (H, W, 3), and where it shows the object (H, W), if it is one of those that are compared."""
        if frame % STRIDE == 0:
            self._kept[frame] = (picture, objects)

    def compare(self, stored: Frames) -> Fidelity:
        """Decode a stored video and compare."""
        whole, shown, objects = _Error(), _Error(), _Error()
        for index, decoded in stored.at(sorted(self._kept)):
            picture, mask = self._kept[index]
            whole.add(decoded, picture)
            shown.add(decoded, picture, (picture[..., 0] | picture[..., 1] | picture[..., 2]) > 0)
            objects.add(decoded, picture, mask)
        return Fidelity(whole.decibels(), shown.decibels(), objects.decibels())
