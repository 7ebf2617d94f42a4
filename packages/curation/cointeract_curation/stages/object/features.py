"""The maps that the network sees: the picture, and what the evidence says about each pixel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.object.evidence import LOG_SCALE, Evidence
from cointeract_curation.stages.object.view import View

Floats32 = NDArray[np.float32]

PICTURE = ("light", "a", "b")
FROM_EVIDENCE = ("person", "face", "head", "hand", "arm", "skin", "hair", "upper", "lower", "outside", "with_hand")
MADE = ("body", "near", "far", "change", "own")
CHANNELS = (*PICTURE, *FROM_EVIDENCE, *MADE)
"""Values lie between -2 and 2."""
FINE = (*PICTURE, "own")
"""Those whose every pixel counts; of the others the network sees the mean of two by two."""
NEAR_REACH, FAR_REACH = 0.7, 6.0
"""Palm lengths: over which `near` falls from 1 to 1/e, and at which `far` reaches 1."""
LIGHT_MIDDLE, LIGHT_SPAN, HUE_SPAN = 128.0, 64.0, 24.0
"""Levels of Lab in bytes."""


def feature_maps(
    view: View, evidence: Evidence, frames: slice | NDArray[np.int64], own: Floats32 | None
) -> Floats32:
    """(n, channels, h, w) of some frames. ``own`` (BINS,) is the density of the object's colours, None as long as it is unknown."""
    channels = evidence.channels
    near = evidence.apart[frames].min(axis=1)
    made = {
        "body": evidence.parts[frames] > 0,
        "near": np.exp(-near / NEAR_REACH),
        "far": np.minimum(near / FAR_REACH, 1),
        "change": (channels["change"][frames] - 0.5) * channels["known"][frames],
        "own": own_map(evidence.bins[frames], own),
    }
    levels = view.lab[frames].astype(np.float32)
    levels -= LIGHT_MIDDLE
    levels /= np.array([LIGHT_SPAN, HUE_SPAN, HUE_SPAN], np.float32)
    # Filled in place: a stack of copies costs more than the network's first layer.
    out = np.empty((len(levels), len(CHANNELS), *view.shape), np.float32)
    for number, name in enumerate(CHANNELS):
        if name in PICTURE:
            np.clip(levels[..., number], -2, 2, out=out[:, number])
        else:
            out[:, number] = made[name] if name in made else channels[name][frames]
    return out


def own_map(bins: NDArray[np.uint16], own: Floats32 | None) -> Floats32:
    """How well the object's own colours explain each pixel, 0 where these aren't known."""
    if own is None:
        return np.zeros(bins.shape, np.float32)
    return np.clip(np.log(own) / LOG_SCALE, -2, 2).astype(np.float32)[bins]
