"""The axis `product_gone`: the clip's product isn't found in `person.png`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.triplet.axes import Judged
from cointeract_curation.triplet.clip import HandledClip, Mask, Picture, spread
from cointeract_curation.triplet.ramp import ramp
from cointeract_curation.triplet.skin import to_lab

Floats32 = NDArray[np.float32]

FRAMES = 10
SIDE = 40
"""Longer side, in pixels, of the product's picture that is searched for."""
FOUND_ONE, FOUND_ZERO = 0.55, 0.9
"""Likeness of the best place in the picture that scores 1 and 0."""
FAR_OFF = 22.0
"""Levels of Lab by which a place may differ from the product on average to be half as like it."""
WHOLE = 0.9
"""Share of a shrunk pixel from which it counts as the product."""
LEAST_TEMPLATE = 4
"""Pixels of the shrunk product below which there is nothing to search for."""
SMALL = 160
"""Longer side, in pixels, at which `person.png` is compared with frames as a whole."""
SAME_FRAME = 7.0
"""Mean difference, in levels, outside of the product up to which `person.png` counts as an edit of that frame."""
UNCHANGED = 10.0
"""Levels of Lab by which a pixel of the product must have changed to be gone."""
LEFT_ONE, LEFT_ZERO = 0.25, 0.75
"""Share of the product's pixels that are as before which scores 1 and 0."""


def judge_absence(clip: HandledClip, person: Picture) -> Judged:
    """Score how far the object is gone from `person.png`; abstain where the clip shows no object."""
    frames = spread(clip.object_frames, FRAMES)
    if not frames:
        return Judged(None, "the clip shows no object that could be left")
    likeness = max(_search(clip, frame, person) for frame in frames)
    unchanged = _unchanged(clip, person)
    score = ramp(likeness, FOUND_ZERO, FOUND_ONE)
    reason = f"the most product-like place agrees to {likeness:.2f}"
    if unchanged is not None:
        score = min(score, ramp(unchanged, LEFT_ZERO, LEFT_ONE))
        reason += f"; {unchanged:.0%} of the product's pixels are as in the clip"
    return Judged(score, reason, {"likeness": likeness, "unchanged": unchanged})


def _search(clip: HandledClip, frame: int, person: Picture) -> float:
    """Likeness, 0..1, of the place in a picture that is most like a frame's object."""
    import cv2

    mask = clip.mask(frame)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    scale = min(1.0, SIDE / max(mask[box].shape))
    size = (max(3, round(mask[box].shape[1] * scale)), max(3, round(mask[box].shape[0] * scale)))
    template = cv2.resize(to_lab(clip.frames[frame][box]), size, interpolation=cv2.INTER_AREA).astype(np.float32)
    inside = (cv2.resize(mask[box].astype(np.float32), size, interpolation=cv2.INTER_AREA) > WHOLE).astype(np.float32)
    whole = (round(person.shape[1] * scale), round(person.shape[0] * scale))
    if inside.sum() < LEAST_TEMPLATE or whole[0] < size[0] or whole[1] < size[1]:
        return 0.0
    picture = cv2.resize(to_lab(person), whole, interpolation=cv2.INTER_AREA).astype(np.float32)
    weight = np.repeat(inside[..., None], 3, axis=2)
    squared = cv2.matchTemplate(picture, template, cv2.TM_SQDIFF, mask=weight)
    apart = np.sqrt(np.maximum(squared, 0) / inside.sum())
    # The correlation is asked for only where the colours are close: a hundredth of all places is plenty.
    structure = cv2.matchTemplate(picture, template, cv2.TM_CCOEFF_NORMED, mask=weight)
    structure = np.where(np.isfinite(structure), structure, 0.0)
    close = np.exp(-np.log(2) * (apart / FAR_OFF) ** 2)
    return float((np.clip(structure, 0, 1) * close).max())


def _unchanged(clip: HandledClip, person: Picture) -> float | None:
    """Share of the product's pixels that an edit left as they were, or None where the picture is no edit of a frame."""
    if person.shape != clip.frames[0].shape:
        return None
    small = thumbnail(person).astype(np.float32)
    best: tuple[float, int] | None = None
    for frame, there in zip(clip.object_frames, clip.thumbnails, strict=True):
        step = _step(person)
        outside = ~clip.mask(frame)[::step, ::step]
        if not outside.any():
            continue
        apart = float(np.abs(there - small)[outside].mean())
        if best is None or apart < best[0]:
            best = apart, frame
    if best is None or best[0] > SAME_FRAME:
        return None
    return _as_before(clip.frames[best[1]], person, clip.mask(best[1]))


def thumbnail(picture: Picture) -> Picture:
    """Every few pixels of an RGB picture, in Lab."""
    step = _step(picture)
    return to_lab(picture[::step, ::step])


def _step(picture: Picture) -> int:
    return max(1, max(picture.shape[:2]) // SMALL)


def _as_before(frame: Picture, person: Picture, mask: Mask) -> float:
    import cv2

    apart = np.linalg.norm(to_lab(frame).astype(np.float32) - to_lab(person).astype(np.float32), axis=2)
    # Grain and compression change single pixels.
    smooth = cv2.GaussianBlur(apart, (0, 0), 2.0)
    inner = cv2.erode(mask.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    kept = inner if inner.any() else mask
    return float((smooth[kept] < UNCHANGED).mean())
