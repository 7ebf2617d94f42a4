"""Which colours a thing has: densities over a grid of colour bins, fast enough to be learned again and again over a whole clip."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.object.view import Bytes

Floats32 = NDArray[np.float32]

LIGHT_STEP = 16
"""Levels of lightness in one bin: lighting varies more than hue does."""
HUE_STEP = 6
HUE_LOW, HUE_HIGH = 62, 194
"""Bins of a and b span these levels (128 is grey); more saturated colours fall into the outermost ones."""
SPREAD_BINS = 0.8
"""Deviation, in bins, by which a density is blurred, so that a colour lends weight to its neighbours."""
FLOOR = 0.02
"""Share of every density that is spread evenly over all colours: what was never seen isn't impossible."""

LIGHT_BINS = 256 // LIGHT_STEP
HUE_BINS = (HUE_HIGH - HUE_LOW) // HUE_STEP
SHAPE = (LIGHT_BINS, HUE_BINS, HUE_BINS)
BINS = LIGHT_BINS * HUE_BINS * HUE_BINS


def colour_bins(lab: Bytes) -> NDArray[np.uint16]:
    """The bin (T, h, w) of each pixel of pictures (T, h, w, 3) in byte Lab."""
    levels = np.arange(256)
    light = (levels // LIGHT_STEP * HUE_BINS * HUE_BINS).astype(np.uint16)
    hue = (np.clip(levels - HUE_LOW, 0, HUE_HIGH - HUE_LOW - 1) // HUE_STEP).astype(np.uint16)
    bins = light[lab[..., 0]]
    bins += (hue * HUE_BINS).astype(np.uint16)[lab[..., 1]]
    bins += hue[lab[..., 2]]
    return np.asarray(bins)


def density(bins: NDArray[np.uint16], weights: Floats32 | NDArray[np.bool_]) -> Floats32:
    """The density (BINS,) of the weighted pixels, 1 where it is as an even spread over all colours.

    Nothing weighted gives an even spread.
    """
    from scipy.ndimage import gaussian_filter

    if weights.dtype == bool:
        counts: NDArray[np.float64] = np.bincount(bins[weights], minlength=BINS).astype(np.float64)
    else:
        counts = np.bincount(bins.ravel(), weights=weights.ravel(), minlength=BINS).astype(np.float64)
    total = counts.sum()
    if total <= 0:
        return np.ones(BINS, np.float32)
    blurred = gaussian_filter((counts / total).reshape(SHAPE), SPREAD_BINS, mode="nearest").ravel()
    return np.asarray((1 - FLOOR) * blurred / blurred.sum() * BINS + FLOOR, np.float32)
