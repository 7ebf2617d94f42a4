"""Boxes of face and hands at every frame, from smoothed landmarks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.people.records import HAND_POINTS, KNUCKLES, Float, Side, Source
from cointeract_curation.stages.people.wrist_crops import SCALE_LANDMARKS

if TYPE_CHECKING:
    from cointeract_curation.stages.people.config import PeopleConfig
    from cointeract_curation.stages.people.gaps import Filled
    from cointeract_curation.stages.people.person import Person

WRIST, MIDDLE_KNUCKLE = 0, 9
"""Indices among the hand's landmarks."""
SMALLEST_SIDE = 2.0
"""Pixels: a box of which less than this is inside of the frame is none."""
SMALLEST_INSIDE = 0.1
"""Nor is one of which less than this share of the area is inside."""
FALLBACK_SCORE = 0.3
"""Score of a box from the body's points alone, where the wrist is fully visible."""
FALLBACK_METRES = 0.16
"""Side of that box around the knuckles at the body's scale, where the clip tells nothing better. Of 0.12 to 0.2 m it overlaps best with
detected hands of livestreams (0.14) and of rendered people (0.18)."""
LEARN_FROM = 9
"""Detections nearest in time that tell that box's size and place."""
LEARN_LEAST = 3
"""Fewer in the clip tell nothing."""
STEADY_FRAMES, STEADY_PERCENTILE, STEADY_SHARE = 12, 70, 0.9
"""A hand's box is at least this share as wide, and as high, as this percentile over the frames so far before and after: landmarks of a hand
that holds something collapse onto the fingers that show, for some frames at a time."""


@dataclass(frozen=True)
class Boxes:
    """``box`` (T, 4) as x1, y1, x2, y2 inside of the frame, NaN where there is none; ``score`` (T,); ``source`` (T,)
    of `Source`."""

    box: Float
    score: Float
    source: NDArray[np.uint8]

    @property
    def present(self) -> NDArray[np.bool_]:
        """(T,): frames with a box."""
        present: NDArray[np.bool_] = np.isfinite(self.box).all(axis=1)
        return present


def face_boxes(person: Person, config: PeopleConfig, width: int, height: int) -> Boxes:
    """The detector's box, brow to chin, with margins that take in forehead, ears and chin."""
    low, high = person.face.points[:, 0], person.face.points[:, 1]
    size = high - low
    box = np.stack(
        [
            low[:, 0] - config.face_margin_side * size[:, 0],
            low[:, 1] - config.face_margin_top * size[:, 1],
            high[:, 0] + config.face_margin_side * size[:, 0],
            high[:, 1] + config.face_margin_bottom * size[:, 1],
        ],
        axis=1,
    )
    return _inside(box, person.face.scores, person.face.sources, width, height)


def hand_boxes(person: Person, config: PeopleConfig, width: int, height: int) -> tuple[Boxes, Boxes]:
    """Left and right, around the landmarks with a margin; where they are missing on a visible wrist, from the body's
    points."""
    around = [_around_landmarks(hand, config) for hand in person.hands]
    result = []
    for side in Side:
        box, score, source = _steady(around[side]), person.hands[side].scores.copy(), person.hands[side].sources.copy()
        if config.pose_fallback:
            guess, visibility = _from_body(person.body, side, box, source)
            use = (
                ~np.isfinite(box).all(axis=1)
                & np.isfinite(guess).all(axis=1)
                & (visibility >= config.fallback_visibility)
            )
            use &= ~_centre_within(guess, around[1 - side])
            box[use], score[use], source[use] = guess[use], FALLBACK_SCORE * visibility[use], Source.POSE
        result.append(_inside(box, score, source, width, height))
    return result[Side.LEFT], result[Side.RIGHT]


def _around_landmarks(hand: Filled, config: PeopleConfig) -> Float:
    points = hand.points[..., :2]
    wrist, knuckle = points[:, WRIST], points[:, MIDDLE_KNUCKLE]
    behind = wrist + config.hand_margin_wrist * (wrist - knuckle)
    outline = np.concatenate([points, behind[:, None]], axis=1)
    low, high = outline.min(axis=1), outline.max(axis=1)
    margin = config.hand_margin * (high - low).max(axis=1, keepdims=True)
    return np.concatenate([low - margin, high + margin], axis=1)


def _steady(box: Float) -> Float:
    """Boxes (T, 4) around the same middles, none much smaller than those around it in time."""
    there = np.flatnonzero(np.isfinite(box).all(axis=1))
    middle, size = (box[:, :2] + box[:, 2:]) / 2, box[:, 2:] - box[:, :2]
    steady = size.copy()
    for frame in there:
        near = there[np.abs(there - frame) <= STEADY_FRAMES]
        steady[frame] = np.maximum(size[frame], STEADY_SHARE * np.percentile(size[near], STEADY_PERCENTILE, axis=0))
    return np.concatenate([middle - steady / 2, middle + steady / 2], axis=1)


def _from_body(body: Filled, side: Side, box: Float, source: NDArray[np.uint8]) -> tuple[Float, Float]:
    """Boxes (T, 4) at the body's own points of a hand, and the mean visibility (T,) of these.

    Where the hand was detected in other frames, the box has the size that it had there, and lies as it did there
    relative to the body's knuckles (medians over the nearest ones in time, in metres at the body's scale).
    """
    points = body.points[:, list(HAND_POINTS[side])]
    middle = body.points[:, list(KNUCKLES[side]), :2].mean(axis=1)
    scale = body_scale(body)[:, None]
    visibility = np.nan_to_num(points[..., 5].mean(axis=1), nan=0.0)
    offsets = ((box[:, :2] + box[:, 2:]) / 2 - middle) / scale
    sizes = (box[:, 2:] - box[:, :2]) / scale
    detected = (source == Source.DETECTED) | (source == Source.CROP)
    known = np.flatnonzero(detected & np.isfinite(offsets).all(axis=1))
    offset, size = np.zeros_like(middle), np.full_like(middle, FALLBACK_METRES)
    if len(known) >= LEARN_LEAST:
        for frame in range(len(middle)):
            nearest = known[np.argsort(np.abs(known - frame), kind="stable")[:LEARN_FROM]]
            offset[frame], size[frame] = np.median(offsets[nearest], axis=0), np.median(sizes[nearest], axis=0)
    centre, half = middle + offset * scale, size * scale / 2
    return np.concatenate([centre - half, centre + half], axis=1), visibility


def _centre_within(box: Float, other: Float) -> NDArray[np.bool_]:
    """(T,): frames in which the middle of a box lies in the other one. The body's two wrists collapse onto one hand
    at times."""
    centre = (box[:, :2] + box[:, 2:]) / 2
    inside: NDArray[np.bool_] = ((centre >= other[:, :2]) & (centre <= other[:, 2:])).all(axis=1)
    return inside


def body_scale(body: Filled) -> Float:
    """(T,): pixels per metre of the upper body, NaN without a body."""
    points = body.points[:, list(SCALE_LANDMARKS)]
    centred = points - points.mean(axis=1, keepdims=True)
    image = np.sqrt((centred[..., :2] ** 2).sum(axis=(1, 2)))
    metric = np.sqrt((centred[..., 2:4] ** 2).sum(axis=(1, 2)))
    return np.divide(image, metric, out=np.full(len(image), np.nan), where=metric > 0.0)


def _inside(box: Float, score: Float, source: NDArray[np.uint8], width: int, height: int) -> Boxes:
    limits = np.array([width, height, width, height], np.float64)
    clipped = np.clip(box, 0.0, limits)
    sides = clipped[:, 2:] - clipped[:, :2]
    area = np.prod(box[:, 2:] - box[:, :2], axis=1)
    good = (sides.min(axis=1) >= SMALLEST_SIDE) & (np.prod(sides, axis=1) >= SMALLEST_INSIDE * area)
    return Boxes(
        box=np.where(good[:, None], clipped, np.nan),
        score=np.where(good, score, 0.0),
        source=np.where(good, source, Source.NONE).astype(np.uint8),
    )
