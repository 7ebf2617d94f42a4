"""The product alone on white: its visible pixels with soft edges, and what hands hide of it from other frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.references.align import align
from cointeract_curation.stages.references.crop import crop_around
from cointeract_curation.stages.references.layout import lay_out
from cointeract_curation.stages.references.matte import matte
from cointeract_curation.stages.references.patch_fill import fill_small
from cointeract_curation.stages.references.protocol import Made
from cointeract_curation.triplet.clip import HandledClip, Mask, Picture
from cointeract_curation.triplet.mask_shape import hull

Floats32 = NDArray[np.float32]

LEAST_PIECE = 0.05
"""A piece of the mask smaller than this share of the largest is dropped."""
HAND_THICKNESS = 1.4
SKIN = 0.5
NEAR_HAND = 4
"""Pixels around a hand's region in which skin still counts as that hand."""
EDGE = 2
"""Pixels at the edge of another frame's mask that aren't taken over."""
MOST_INVENTED = 0.6
"""Share of the product up to which hidden parts are made of its own patches; beyond it they stay white."""
PATCH_SIDE = 200
"""Longer side, in pixels, of the picture that patches are searched in."""
WHOLE = 0.99
"""Share of a resampled pixel from which it counts as wholly inside."""
VIEWS = 3
"""How many other frames' views of a hidden pixel make its colour, as their median."""


@dataclass(frozen=True)
class _Completed:
    picture: Picture
    mask: Mask
    from_other_frames: float
    invented: float
    hidden: float


def isolate_product(clip: HandledClip, frame: int, donors: int) -> Made:
    """The product of a frame on white, of the frame's size. Raises `ValueError` where its mask is empty."""
    visible = _pieces(clip.mask(frame))
    completed = _complete(clip, frame, visible, donors)
    crop = crop_around(completed.mask, 0.05, 8)
    alpha, colours = matte(completed.picture[crop.slices], completed.mask[crop.slices])
    image, enlargement = lay_out(alpha, colours, (clip.height, clip.width))
    return Made(
        image,
        {
            "hidden": completed.hidden,
            "from_other_frames": completed.from_other_frames,
            "from_patches": completed.invented,
            "enlargement": enlargement,
        },
    )


def _pieces(mask: Mask) -> Mask:
    import cv2

    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    if count <= 1:
        return mask
    areas = stats[1:, cv2.CC_STAT_AREA]
    kept = 1 + np.flatnonzero(areas >= LEAST_PIECE * areas.max())
    return np.isin(labels, kept)


def _complete(clip: HandledClip, frame: int, visible: Mask, donors: int) -> _Completed:
    """The frame with hidden parts of the product filled in, and the product's mask with them."""
    hidden = hidden_by_hands(clip, frame, visible)
    picture = clip.frames[frame]
    whole = int((visible | hidden).sum())
    if not hidden.any():
        return _Completed(picture, visible, 0.0, 0.0, 0.0)
    seen, colours, absent = _views(clip, frame, hidden, donors)
    picture = np.where(seen[..., None], colours, picture).astype(np.uint8)
    mask = visible | seen
    unknown = hidden & ~seen & ~absent
    invented = float(unknown.sum() / whole)
    if unknown.any() and invented <= MOST_INVENTED:
        crop = crop_around(mask | unknown, 0.1, 8)
        picture[crop.slices] = fill_small(
            picture[crop.slices], unknown[crop.slices], mask[crop.slices] & ~unknown[crop.slices], PATCH_SIDE
        )
        mask = mask | unknown
    else:
        invented = 0.0
    return _Completed(picture, mask, float(seen.sum() / whole), invented, float(hidden.sum() / whole))


def hidden_by_hands(clip: HandledClip, frame: int, visible: Mask) -> Mask:
    """(H, W) pixels of hands inside of the product's convex outline: behind them there may be product."""
    import cv2

    hidden = np.zeros_like(visible)
    hands = clip.hands(frame, HAND_THICKNESS)
    if not visible.any() or not hands.any():
        return hidden
    crop = crop_around(visible, 0.0, NEAR_HAND)
    shown, near = visible[crop.slices], hands[crop.slices]
    outline = np.zeros(shown.shape, np.uint8)
    cv2.fillConvexPoly(outline, hull(shown), 1)
    if clip.skin is not None:
        # Skin next to a hand's landmarks is hand where these lie a little off.
        kernel = np.ones((2 * NEAR_HAND + 1,) * 2, np.uint8)
        beside = cv2.dilate(near.astype(np.uint8), kernel).astype(bool)
        near = near | beside & (clip.skin.of(clip.frames[frame][crop.slices]) > SKIN)
    hidden[crop.slices] = outline.astype(bool) & ~shown & near
    return hidden


def _views(clip: HandledClip, frame: int, hidden: Mask, donors: int) -> tuple[Mask, Floats32, Mask]:
    """What other frames show at hidden pixels: where product is seen, its colours, and where they show that there is none."""
    import cv2

    size = (clip.width, clip.height)
    area = int(clip.mask(frame).sum())
    # The closest in size first: they show the product from the same side.
    others = [other for other in clip.object_frames if other != frame]
    others.sort(key=lambda other: (abs(np.log(clip.mask(other).sum() / area)), abs(other - frame)))
    wanted = int(hidden.sum())
    rows, columns = np.nonzero(hidden)
    views: list[NDArray[np.float32]] = []
    nothing = np.zeros(wanted, int)
    kernel = np.ones((2 * EDGE + 1, 2 * EDGE + 1), np.uint8)
    for other in _thinned(others, donors):
        found = align(clip, frame, other)
        if found is None:
            continue
        mask = clip.mask(other)
        sure = cv2.erode(mask.astype(np.uint8), kernel).astype(np.float32)
        product = cv2.warpAffine(sure, found, size, flags=cv2.INTER_LINEAR)[rows, columns] > WHOLE
        background = ~cv2.dilate((mask | clip.hands(other, HAND_THICKNESS)).astype(np.uint8), kernel).astype(bool)
        nothing += cv2.warpAffine(background.astype(np.float32), found, size)[rows, columns] > WHOLE
        moved = cv2.warpAffine(clip.frames[other], found, size, flags=cv2.INTER_CUBIC)[rows, columns]
        view = np.full((wanted, 3), np.nan, np.float32)
        view[product] = moved[product]
        views.append(view)
    colours = np.zeros((clip.height, clip.width, 3), np.float32)
    seen, absent = np.zeros_like(hidden), np.zeros_like(hidden)
    if views:
        stack = np.stack(views)
        known = np.isfinite(stack[..., 0])
        stack[np.cumsum(known, axis=0) > VIEWS] = np.nan
        covered = known.sum(axis=0) > nothing
        seen[rows[covered], columns[covered]] = True
        colours[rows[covered], columns[covered]] = np.nanmedian(stack[:, covered], axis=0)
        bare = ~covered & (nothing > 0)
        absent[rows[bare], columns[bare]] = True
    return seen, colours, absent


def _thinned(frames: list[int], most: int) -> list[int]:
    """The first ``most`` of the frames that lie at least two frames apart: neighbours hide the same."""
    chosen: list[int] = []
    for frame in frames:
        if len(chosen) == most:
            break
        if all(abs(frame - other) > 1 for other in chosen):
            chosen.append(frame)
    return chosen
