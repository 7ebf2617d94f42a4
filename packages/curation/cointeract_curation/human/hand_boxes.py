"""Boxes of the hands of a fitted body, whether or not a detector found them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.fit import BodyFit
from cointeract_curation.human.mesh import BodyMesh
from cointeract_curation.human.parts import Part

Floats32 = NDArray[np.float32]

HAND_PARTS = (Part.LEFT_HAND, Part.RIGHT_HAND)
NEAR = 0.05
"""Metres before the camera within which nothing has a place in the picture (the rasteriser's)."""
FRAMES_AT_ONCE = 16
"""Skinning a clip in pieces keeps memory small."""
SMALLEST_SIDE = 2.0
SMALLEST_INSIDE = 0.1
"""Pixels, and share of the area, that must lie inside of the picture, as for the boxes of `people`."""


def mesh_hand_boxes(fit: BodyFit, mesh: BodyMesh) -> Floats32:
    """Boxes (T, 2, 4) of the left and right hand: x1, y1, x2, y2 in pixels, clipped to the picture.

    A box holds the hand's whole skin from the wrist on, as if nothing stood before it; skin needs no margin. NaN in frames without a
    body, for a hand behind the camera, and where next to nothing of it is inside of the picture.
    """
    boxes = np.full((fit.frames, len(HAND_PARTS), 4), np.nan, np.float32)
    hands = [np.unique(mesh.faces[mesh.parts == part]) for part in HAND_PARTS]
    fitted = np.flatnonzero(fit.fitted)
    if not len(fitted):
        return boxes
    for start in range(int(fitted[0]), int(fitted[-1]) + 1, FRAMES_AT_ONCE):
        end = min(start + FRAMES_AT_ONCE, int(fitted[-1]) + 1)
        vertices = mesh.vertices(start, end)
        for side, hand in enumerate(hands):
            boxes[start:end, side] = _boxes(vertices[:, hand], fit)
    return boxes


def _boxes(skin: Floats32, fit: BodyFit) -> Floats32:
    """(T, 4) around skin (T, V, 3) in camera space."""
    visible = (skin[..., 2] > NEAR).all(axis=1)  # comparisons with NaN are false
    skin = np.where(visible[:, None, None], skin, np.float32(1.0))
    pixels = skin[..., :2] / skin[..., 2:] * np.float32(fit.focal) + np.array(fit.centre, np.float32)
    whole = np.concatenate([pixels.min(axis=1), pixels.max(axis=1)], axis=1)
    inside = np.clip(whole, 0, np.array([*fit.size, *fit.size], np.float32))
    sides, area = inside[:, 2:] - inside[:, :2], np.prod(whole[:, 2:] - whole[:, :2], axis=1)
    enough = (sides.min(axis=1) >= SMALLEST_SIDE) & (np.prod(sides, axis=1) >= SMALLEST_INSIDE * area)
    return np.where((visible & enough)[:, None], inside, np.float32(np.nan)).astype(np.float32)
