"""Takes the product out of a frame: what other frames show behind it, then patches of the frame itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.references.body_layer import BodyLayer
from cointeract_curation.stages.references.clip_fill import Hole, donors_of, fill_from_clip
from cointeract_curation.stages.references.crop import crop_around
from cointeract_curation.stages.references.patch_fill import fill_small
from cointeract_curation.stages.references.protocol import Made
from cointeract_curation.triplet.clip import HandledClip, Mask, Picture

GROWTH = 0.006
"""How far the hole goes beyond the mask, as a share of the picture's longer side: the product's blurred edge."""
CROP_MARGIN = 0.5
"""Surroundings looked at, as a share of the hole's longer side."""
CROP_LEAST = 48
"""The same in pixels, at least."""
PATCH_SIDE = 240
"""Longer side, in pixels, of the picture that patches are searched in."""
SURE_SKIN = 0.6
HAND_THICKNESS = 1.15
SOURCE_HAND_THICKNESS = 1.8
"""How thick hands are drawn so that no patch is taken from them."""
HEAD_MARGIN = 0.3
"""Hair around the face, as a share of its width."""
SEAM = 1.5
"""Width of the blend, as a standard deviation in pixels, between the fill and its surroundings."""


def erase_product(clip: HandledClip, layer: BodyLayer, frame: int, donors: int) -> Made:
    """The frame without its product; ``layer`` is the clip's body. Raises `ValueError` where the frame's mask is empty."""
    whole = hole_of(clip, frame)
    crop = crop_around(whole, CROP_MARGIN, CROP_LEAST)
    gap = whole[crop.slices]
    hands = clip.hands(frame, SOURCE_HAND_THICKNESS)[crop.slices]
    hole = Hole(frame, crop, gap, gap | hands, layer.covers(frame)[crop.slices])
    filled, still_open = fill_from_clip(clip, layer, hole, donors_of(clip, frame, whole, donors))
    invented = float(still_open.sum() / gap.sum())
    for on_body in (False, True):
        filled = _patch(clip, filled, still_open, hole, on_body)
    image = clip.frames[frame].copy()
    image[crop.slices] = _blend(image[crop.slices], filled, gap)
    return Made(
        image,
        {
            "from_other_frames": 1 - invented,
            "from_patches": invented,
            "invented_area": float(still_open.sum() / whole.size),
        },
    )


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


def _patch(clip: HandledClip, filled: Picture, still_open: Mask, hole: Hole, on_body: bool) -> Picture:
    """One layer's open pixels, made of what the frame shows of that layer."""
    within = hole.body == on_body
    gap = still_open & within
    if not gap.any():
        return filled
    hands = hole.occupied & ~hole.gap
    foreign = (hands | ~within | still_open) & ~gap
    sources = within & ~still_open & ~hands & ~_face(clip, hole)
    return fill_small(filled, gap, sources, PATCH_SIDE, foreign)


def _face(clip: HandledClip, hole: Hole) -> Mask:
    """Pixels of the head, whose patches fit nowhere else; none where the product hides a part of it."""
    head = np.zeros((clip.height, clip.width), bool)
    box = clip.landmarks.face_box[hole.frame]
    if np.isfinite(box).all():
        left, top, right, bottom = box
        side = HEAD_MARGIN * (right - left)
        rows = slice(max(0, int(top - side)), max(0, int(bottom)))
        head[rows, max(0, int(left - side)) : max(0, int(right + side))] = True
    part = head[hole.crop.slices]
    return part if not (part & hole.gap).any() else np.zeros_like(part)


def _blend(picture: Picture, filled: Picture, hole: NDArray[np.bool_]) -> Picture:
    import cv2

    # The blend lies inside of the hole: outside, the picture stays as it is.
    inner = cv2.erode(hole.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(np.float32)
    share = np.where(hole, np.maximum(cv2.GaussianBlur(inner, (0, 0), SEAM), inner), 0.0)[..., None]
    return np.asarray(np.rint(picture * (1 - share) + filled * share), np.uint8)
