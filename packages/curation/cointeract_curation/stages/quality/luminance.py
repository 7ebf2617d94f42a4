"""How bright a clip is and how far its tones spread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# cv2 is imported inside functions so that light commands stay light.

LEVELS = 256
LOW_SHARE, HIGH_SHARE = 0.05, 0.95


@dataclass(frozen=True)
class Luminance:
    """Luma figures, all on the scale 0..255.

    Attributes:
        mean: over all pixels of all frames.
        p05: the smallest luma that at least 5 % of all pixels don't exceed.
        p95: the smallest luma that at least 95 % of all pixels don't exceed.
        contrast: standard deviation over the pixels of a frame (RMS contrast), mean over frames.
        by_frame: ``(T,)`` float64, mean of each frame.
    """

    mean: float
    p05: float
    p95: float
    contrast: float
    by_frame: NDArray[np.float64]


def measure_luminance(luma: NDArray[np.uint8]) -> Luminance:
    """Luminance of ``(T, h, w)`` luma pictures."""
    histograms = np.stack([_histogram(frame) for frame in luma])  # (T, 256)
    shares = histograms / (luma.shape[1] * luma.shape[2])
    levels = np.arange(LEVELS, dtype=np.float64)
    by_frame = (shares * levels).sum(axis=1)  # not `@`: it would wake the threads of the linear algebra library
    variances = (shares * (levels - by_frame[:, np.newaxis]) ** 2).sum(axis=1)
    cumulative = np.cumsum(histograms.sum(axis=0)) / luma.size
    p05, p95 = (int(np.searchsorted(cumulative, share)) for share in (LOW_SHARE, HIGH_SHARE))
    return Luminance(
        float(by_frame.mean()), float(p05), float(p95), float(np.sqrt(variances).mean()), np.asarray(by_frame)
    )


def _histogram(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    import cv2

    counts = cv2.calcHist([picture], [0], None, [LEVELS], [0, LEVELS])
    return np.asarray(counts, dtype=np.float64).reshape(LEVELS)
