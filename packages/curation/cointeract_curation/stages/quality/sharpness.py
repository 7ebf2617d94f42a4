"""How much fine detail a clip shows, on one scale for all resolutions.

A frame's sharpness is the variance of the Laplacian (the 3x3 kernel 0 1 0 / 1 -4 1 / 0 1 0) of its luma on the scale
0..255, taken after scaling the shorter side to a stated length (480 by default). Source: Pech-Pacheco et al., "Diatom
autofocusing in brightfield microscopy", ICPR 2000.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# cv2 is imported inside functions so that light commands stay light.

DETAIL_SHARE = 0.9
"""`Sharpness.detail` is this quantile over tiles: the sharpest tenth of the picture decides, so a plain or blurred
background doesn't make a sharp person look blurred."""


@dataclass(frozen=True)
class Sharpness:
    """Sharpness figures in squared luma steps.

    Attributes:
        median: median over the measured frames.
        lowest: the least sharp of the measured frames.
        detail: the 90 % quantile over tiles of a frame, median over the measured frames.
        by_frame: ``frame: sharpness``.
    """

    median: float
    lowest: float
    detail: float
    by_frame: dict[int, float]


def measure_sharpness(pictures: Mapping[int, NDArray[np.uint8]], tile: int) -> Sharpness:
    """Sharpness of luma pictures ``frame: (h, w)`` that were scaled to the normalised size.

    ``tile`` is the side of the tiles in pixels; what is left over at the right and bottom edges belongs to none.
    """
    sums = {frame: _Sums(picture) for frame, picture in pictures.items()}
    by_frame = {frame: float(total.variances(*total.shape)[0, 0]) for frame, total in sums.items()}
    tiles = [total.variances(min(tile, total.shape[0]), min(tile, total.shape[1])) for total in sums.values()]
    values = list(by_frame.values())
    detail = float(np.median([np.quantile(variances, DETAIL_SHARE) for variances in tiles]))
    return Sharpness(float(np.median(values)), min(values), detail, by_frame)


class _Sums:
    """Summed-area tables of a picture's Laplacian and of its square. The Laplacian is whole-numbered, so they are exact."""

    def __init__(self, picture: NDArray[np.uint8]) -> None:
        import cv2

        self.shape = picture.shape
        plain, squared = cv2.integral2(cv2.Laplacian(picture, cv2.CV_32F), sdepth=cv2.CV_64F, sqdepth=cv2.CV_64F)
        self._plain, self._squared = np.asarray(plain, dtype=np.float64), np.asarray(squared, dtype=np.float64)

    def variances(self, rows: int, columns: int) -> NDArray[np.float64]:
        """Variance within each whole tile of ``rows`` by ``columns`` pixels."""
        count = rows * columns
        mean, mean_square = (
            np.diff(np.diff(table[::rows, ::columns], axis=0), axis=1) / count for table in (self._plain, self._squared)
        )
        return np.asarray(np.maximum(mean_square - mean**2, 0.0))
