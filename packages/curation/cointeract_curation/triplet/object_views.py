"""The clip's object in several frames, each brought to one size, to compare with a reference."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.triplet.clip import HandledClip, Mask, Picture, spread
from cointeract_curation.triplet.mask_shape import turned_sides
from cointeract_curation.triplet.skin import histogram, to_lab

Floats32 = NDArray[np.float32]

SIDE = 64
"""Side, in pixels, of the square that a view is brought to, its longer side filling it."""
HALF = 0.5
VIEWS = 14
"""How many frames are compared."""


@dataclass(frozen=True)
class View:
    """A thing cut out and brought to one size."""

    lab: Floats32 = field(repr=False)
    """(64, 64, 3)."""
    mask: Mask = field(repr=False)
    """(64, 64)."""
    colours: Floats32 = field(repr=False)
    """Probability of each Lab bin."""
    elongation: float
    """Longer over shorter side of its smallest upright or turned box, at least 1."""


def make_view(picture: Picture, mask: Mask) -> View:
    """The view of what a mask (H, W), not empty, shows of an RGB picture (H, W, 3)."""
    import cv2

    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    part, inside = np.ascontiguousarray(picture[box]), mask[box].astype(np.float32)
    scale = SIDE / max(inside.shape)
    size = (max(1, round(inside.shape[1] * scale)), max(1, round(inside.shape[0] * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    weight = cv2.resize(inside, size, interpolation=way)
    colours = cv2.resize(to_lab(part).astype(np.float32) * inside[..., None], size, interpolation=way)
    colours /= np.maximum(weight, 1e-3)[..., None]
    lab, shown = np.zeros((SIDE, SIDE, 3), np.float32), np.zeros((SIDE, SIDE), bool)
    top, left = (SIDE - size[1]) // 2, (SIDE - size[0]) // 2
    place = (slice(top, top + size[1]), slice(left, left + size[0]))
    lab[place], shown[place] = colours, weight > HALF
    longer, shorter = turned_sides(mask)
    # One pixel is added since a box of one row has no height.
    elongation = (longer + 1) / (shorter + 1)
    return View(lab, shown, histogram([to_lab(part)[mask[box]]]), float(elongation))


def clip_views(clip: HandledClip) -> list[View]:
    """Views of the clip's object in evenly spread frames; empty for a clip without one."""
    return [make_view(clip.frames[frame], clip.mask(frame)) for frame in spread(clip.object_frames, VIEWS)]
