"""Takes the product out of a frame: what other frames show behind it, then patches of the frame itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.references.clip_fill import fill_from_clip
from cointeract_curation.stages.references.crop import Crop, crop_around
from cointeract_curation.stages.references.patch_fill import fill_small
from cointeract_curation.stages.references.protocol import Made
from cointeract_curation.triplet.clip import HandledClip, Mask, Picture

GROWTH = 0.006
"""How far the hole goes beyond the mask, as a share of the picture's longer side: the product's blurred edge."""
CROP_MARGIN = 0.5
"""Surroundings looked at, as a share of the hole's longer side."""
CROP_LEAST = 48
"""The same in pixels, at least."""
PATCH_SIDE = 320
"""Longer side, in pixels, of the picture that patches are searched in."""
SURE_SKIN = 0.6
HAND_THICKNESS = 1.15
SOURCE_HAND_THICKNESS = 1.8
"""How thick hands are drawn so that no patch is taken from them."""
SEAM = 1.5
"""Width of the blend, as a standard deviation in pixels, between the fill and its surroundings."""


def erase_product(clip: HandledClip, frame: int, donors: int) -> Made:
    """The frame without its product. Raises `ValueError` where its mask is empty."""
    hole = hole_of(clip, frame)
    crop = crop_around(hole, CROP_MARGIN, CROP_LEAST)
    filled, still_open = fill_from_clip(clip, frame, hole, crop, donors)
    invented = float(still_open.sum() / hole.sum())
    if still_open.any():
        filled = _patch(clip, frame, filled, still_open, hole, crop)
    image = clip.frames[frame].copy()
    image[crop.slices] = _blend(image[crop.slices], filled, hole[crop.slices])
    return Made(image, {"from_other_frames": 1 - invented, "from_patches": invented})


def hole_of(clip: HandledClip, frame: int) -> Mask:
    """(H, W): the product's mask and its blurred edge, without the fingers in front of it."""
    import cv2

    mask = clip.mask(frame)
    reach = 2 * max(2, round(GROWTH * max(clip.height, clip.width))) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    grown = cv2.dilate(mask.astype(np.uint8), kernel).astype(bool)
    return np.asarray(grown & ~_fingers(clip, frame, grown & ~mask) | mask)


def _fingers(clip: HandledClip, frame: int, ring: Mask) -> Mask:
    """Pixels of the ring around the mask that are a hand: near the hand's landmarks and of the skin's colour."""
    skin = clip.skin
    hands = clip.hands(frame, HAND_THICKNESS)
    if skin is None or not (hands & ring).any():
        return np.zeros_like(ring)
    return np.asarray(ring & hands & (skin.of(clip.frames[frame]) > SURE_SKIN))


def _patch(clip: HandledClip, frame: int, filled: Picture, still_open: Mask, hole: Mask, crop: Crop) -> Picture:
    allowed = _sources(clip, frame, hole)[crop.slices] & ~still_open
    return fill_small(filled, still_open, allowed, PATCH_SIDE)


def _sources(clip: HandledClip, frame: int, hole: Mask) -> Mask:
    """Pixels that patches may come from: no hands, and no face unless the product hides a part of it."""
    allowed = ~clip.hands(frame, SOURCE_HAND_THICKNESS)
    box = clip.landmarks.face_box[frame]
    if np.isfinite(box).all():
        left, top, right, bottom = (max(0, int(value)) for value in box)
        face = np.zeros_like(hole)
        face[top:bottom, left:right] = True
        if not (face & hole).any():
            allowed &= ~face
    return np.asarray(allowed)


def _blend(picture: Picture, filled: Picture, hole: NDArray[np.bool_]) -> Picture:
    import cv2

    # The blend lies inside of the hole: outside, the picture stays as it is.
    inner = cv2.erode(hole.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(np.float32)
    share = np.where(hole, np.maximum(cv2.GaussianBlur(inner, (0, 0), SEAM), inner), 0.0)[..., None]
    return np.asarray(np.rint(picture * (1 - share) + filled * share), np.uint8)
