"""Which frames make the best references, and why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.people.sharpness import sharpness
from cointeract_curation.stages.quality.boxes import covered_share
from cointeract_curation.stages.references.cutout import hidden_by_hands
from cointeract_curation.triplet.clip import HandledClip, spread
from cointeract_curation.triplet.face import eye_openness, frontality
from cointeract_curation.triplet.mask_shape import mask_box, solidity

Mask = NDArray[np.bool_]

LEAST = 0.05
"""What a part counts at least, so that one bad part doesn't make all frames equal."""
OCCUPANCY = 8
"""Pixels to a side of a cell in which it is remembered whether a place is ever free of product and hands."""
HOLE_SHARE = 0.08
"""Share of the picture at which a hole halves a frame's rank: the larger, the more has to be made up."""
BORDER = 2
"""Pixels from the picture's edge within which the product counts as cut off."""


@dataclass(frozen=True)
class RankedFrame:
    """A frame and what speaks for it: parts 0..1 and their product, the rank."""

    frame: int
    rank: float
    parts: dict[str, float]


def rank_for_person(clip: HandledClip, most: int) -> list[RankedFrame]:
    """The frames for `person.png`, best first; of at most ``most`` frames with a face, else with a body, else of all.

    Frames without a mask of the object are left out where others have one: there, it may merely have been missed.
    """
    faces = clip.face_frames()
    frames = faces or np.flatnonzero(clip.landmarks.body_source > 0).tolist() or list(range(clip.count))
    held = set(clip.object_frames)
    frames = [frame for frame in frames if frame in held] or list(frames)
    frames = spread(frames, most)
    sharp = _relative(
        [sharpness(clip.frames[frame], clip.landmarks.face_box[frame]) if faces else None for frame in frames]
    )
    eyes = _relative([eye_openness(clip, frame) if faces else None for frame in frames])
    free = _ever_free(clip)
    ranked = []
    for index, frame in enumerate(frames):
        mask = clip.mask(frame)
        parts = {
            "sharp": sharp[index],
            "eyes": 0.5 + 0.5 * eyes[index],
            "small_hole": HOLE_SHARE / (HOLE_SHARE + float(mask.mean())),
            "seen_elsewhere": 0.5 + 0.5 * _free_share(mask, free),
        }
        if faces:
            parts |= {
                "frontal": frontality(clip.landmarks.face_keypoints[frame]),
                "face_clear": _face_clear(clip, frame),
            }
        ranked.append(_ranked(frame, parts))
    return sorted(ranked, key=lambda item: (-item.rank, item.frame))


def rank_for_product(clip: HandledClip, most: int) -> list[RankedFrame]:
    """The frames for `product.png`, best first; of at most ``most`` frames that show the object."""
    frames = spread(clip.object_frames, most)
    if not frames:
        return []
    boxes = [mask_box(clip.mask(frame)) for frame in frames]
    sharp = _relative([sharpness(clip.frames[frame], np.array(box)) for frame, box in zip(frames, boxes, strict=True)])
    areas = np.array([float(clip.mask(frame).sum()) for frame in frames])
    usual = float(np.median(areas))
    ranked = []
    for index, frame in enumerate(frames):
        mask, (left, top, right, bottom) = clip.mask(frame), boxes[index]
        hidden = float(hidden_by_hands(clip, frame, mask).sum())
        cut_off = min(left, top, clip.width - right, clip.height - bottom) < BORDER
        parts = {
            "sharp": sharp[index],
            "large": float(np.sqrt(areas[index] / areas.max())),
            # A mask far from the usual size has lost a part or taken in something else.
            "usual_size": float(min(areas[index] / usual, usual / areas[index])),
            "visible": float(areas[index] / (areas[index] + hidden)) ** 2,
            "whole": 0.3 if cut_off else 1.0,
            "solid": solidity(mask),
            "no_overlay": 1 - (covered_share([boxes[index]], clip.overlays) or 0.0),
        }
        ranked.append(_ranked(frame, parts))
    return sorted(ranked, key=lambda item: (-item.rank, item.frame))


def spaced(ranked: list[RankedFrame], most: int, apart: int) -> list[RankedFrame]:
    """The best ``most`` frames that lie at least ``apart`` frames from one another: neighbours fail alike."""
    chosen: list[RankedFrame] = []
    for item in ranked:
        if len(chosen) < most and all(abs(item.frame - other.frame) >= apart for other in chosen):
            chosen.append(item)
    return chosen


def _ranked(frame: int, parts: dict[str, float]) -> RankedFrame:
    values = [LEAST + (1 - LEAST) * min(max(value, 0.0), 1.0) for value in parts.values()]
    return RankedFrame(frame, float(np.prod(values)), parts)


def _relative(values: list[float | None]) -> list[float]:
    """Values as shares of the largest; 1 where nothing was measured at all, 0 where one was not."""
    known = [value for value in values if value is not None]
    best = max(known, default=0.0)
    if best <= 0:
        return [1.0] * len(values)
    return [0.0 if value is None else value / best for value in values]


def _face_clear(clip: HandledClip, frame: int) -> float:
    """Share of the face's box free of product, hands and overlays, squared; 0 for a face that leaves the picture."""
    box = clip.landmarks.face_box[frame]
    left, top, right, bottom = (int(value) for value in np.round(box))
    if left < 0 or top < 0 or right > clip.width or bottom > clip.height or right <= left or bottom <= top:
        return 0.0
    area = (slice(top, bottom), slice(left, right))
    covered = (clip.mask(frame) | clip.hands(frame))[area].mean()
    overlay = covered_share([(float(left), float(top), float(right), float(bottom))], clip.overlays) or 0.0
    return float((1 - covered) ** 2 * (1 - overlay))


def _ever_free(clip: HandledClip) -> NDArray[np.int32]:
    """(h, w) cells: in how many frames neither product nor hands are there."""
    cells = [~_cells(clip.mask(frame) | clip.hands(frame)) for frame in clip.object_frames]
    return np.asarray(np.sum(cells, axis=0), np.int32)


def _cells(mask: Mask) -> Mask:
    import cv2

    size = (max(1, mask.shape[1] // OCCUPANCY), max(1, mask.shape[0] // OCCUPANCY))
    return np.asarray(cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0)


def _free_share(mask: Mask, free: NDArray[np.int32]) -> float:
    """Share of the hole that some other frame shows."""
    cells = _cells(mask)
    return float((free[cells] > 0).mean()) if cells.any() else 1.0
