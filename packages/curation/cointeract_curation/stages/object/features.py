"""The maps that the network sees: the picture, and what the evidence says about each pixel."""

from __future__ import annotations

from typing import Any

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
"""Those whose every pixel counts."""
COARSE = tuple(name for name in CHANNELS if name not in FINE)
"""The others, of which the network sees the mean of two by two."""
SUBPIXELS = 4
"""Of two by two."""
NEAR_REACH, FAR_REACH = 0.7, 6.0
"""Palm lengths: over which `near` falls from 1 to 1/e, and at which `far` reaches 1."""
LIGHT_MIDDLE, LIGHT_SPAN, HUE_SPAN = 128.0, 64.0, 24.0
"""Levels of Lab in bytes."""


def feature_maps(
    view: View, evidence: Evidence, frames: slice | NDArray[np.int64], own: Floats32 | None
) -> Floats32:
    """(n, channels, h, w) of some frames. ``own`` (BINS,) is the density of the object's colours, None as long as it is unknown."""
    shown = evidence.bins[frames].shape
    # Filled in place: a stack of copies costs more than the network's first layer.
    out = np.empty((shown[0], len(CHANNELS), *shown[1:]), np.float32)
    for number, name in enumerate(CHANNELS):
        out[:, number] = _feature(name, view, evidence, frames, own)
    return out


def packed_maps(view: View, evidence: Evidence, frames: slice | NDArray[np.int64], own: Floats32 | None) -> Floats32:
    """(n, C, ceil(h / 2), ceil(w / 2)) as `HandledObjectNet.weigh` takes them: `feature_maps` without the detail that it doesn't see."""
    import cv2

    count, height, width = evidence.bins[frames].shape
    half = (-(-height // 2), -(-width // 2))
    out = np.empty((count, SUBPIXELS * len(FINE) + len(COARSE), *half), np.float32)
    for number, name in enumerate((*FINE, *COARSE)):
        maps = np.asarray(_feature(name, view, evidence, frames, own), np.float32)
        if height % 2 or width % 2:
            maps = np.pad(maps, ((0, 0), (0, height % 2), (0, width % 2)), mode="edge")
        if name in FINE:
            for place, (y, x) in enumerate(((0, 0), (0, 1), (1, 0), (1, 1))):
                out[:, SUBPIXELS * number + place] = maps[:, y::2, x::2]
        else:
            # Halving by area is the mean of two by two.
            for picture, small in zip(maps, out[:, SUBPIXELS * len(FINE) + number - len(FINE)], strict=True):
                cv2.resize(picture, half[::-1], dst=small, interpolation=cv2.INTER_AREA)
    return out


def _feature(
    name: str, view: View, evidence: Evidence, frames: slice | NDArray[np.int64], own: Floats32 | None
) -> NDArray[Any]:
    """(n, h, w) one of `CHANNELS`."""
    channels = evidence.channels
    values: NDArray[Any]
    match name:
        case "light":
            values = np.clip((view.lab[frames, ..., 0] - np.float32(LIGHT_MIDDLE)) / np.float32(LIGHT_SPAN), -2, 2)
        case "a" | "b":
            levels = view.lab[frames, ..., PICTURE.index(name)]
            values = np.clip((levels - np.float32(LIGHT_MIDDLE)) / np.float32(HUE_SPAN), -2, 2)
        case "body":
            values = evidence.parts[frames] > 0
        case "near":
            values = np.exp(-evidence.apart[frames].min(axis=1) / NEAR_REACH)
        case "far":
            values = np.minimum(evidence.apart[frames].min(axis=1) / FAR_REACH, 1)
        case "change":
            values = (channels["change"][frames] - 0.5) * channels["known"][frames]
        case "own":
            values = own_map(evidence.bins[frames], own)
        case _:
            values = channels[name][frames]
    return values


def own_map(bins: NDArray[np.uint16], own: Floats32 | None) -> Floats32:
    """How well the object's own colours explain each pixel, 0 where these aren't known."""
    if own is None:
        return np.zeros(bins.shape, np.float32)
    return np.clip(np.log(own) / LOG_SCALE, -2, 2).astype(np.float32)[bins]
