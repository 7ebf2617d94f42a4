"""Looks at one frame: as a whole, then again around a wrist whose hand didn't show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cointeract_curation.stages.people.records import WRISTS, Body, Face, Float, Hand, PeopleDetector, Side, Source
from cointeract_curation.stages.people.sharpness import sharpness
from cointeract_curation.stages.people.wrist_crops import Square, hand_position, hand_square, pixels_per_metre

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cointeract_curation.stages.people.config import PeopleConfig

SMALLEST_CROP = 96
"""Pixels of a side: a smaller crop holds no hand that could be found."""
HAND_REACH = 0.25
"""Metres at the body's scale: a hand farther from where the arm points than this isn't that arm's."""
AREA_FACTOR = 2
"""From this reduction on pixels are averaged; below it two by two neighbours hold all of them, at a third of the
time."""
SAME_HAND = 0.4
"""Two findings are one hand when their landmarks lie closer than this share of its size on average."""
SAME_BOX = 0.5
"""Or when their boxes overlap by this much (intersection over union): one hand taken for a left and a right one."""


@dataclass(frozen=True)
class Observation:
    """What one frame shows, in its own pixels; ``face_sharpness`` and ``hand_sharpness`` go with ``faces`` and
    ``hands``."""

    frame: int
    faces: tuple[Face, ...]
    hands: tuple[Hand, ...]
    body: Body | None
    face_sharpness: tuple[float | None, ...]
    hand_sharpness: tuple[float | None, ...]


class Observer:
    """Looks at frames with one detector."""

    def __init__(self, detector: PeopleDetector, config: PeopleConfig) -> None:
        self._detector = detector
        self._config = config

    def look(self, frame: int, image: NDArray[np.uint8]) -> Observation:
        """Everything in one frame, (H, W, 3) uint8 RGB."""
        small, scale = _shrink(image, self._config.detect_short_side)
        found = self._detector.detect(small)

        def place(points: Float) -> Float:
            return points * scale

        faces = tuple(face.moved(place) for face in found.faces)
        body = None if found.body is None else found.body.moved(place)
        hands = _distinct([hand.moved(place) for hand in found.hands])
        if body is not None and self._config.second_look:
            hands = self._second_look(image, body, hands)
        return Observation(
            frame=frame,
            faces=faces,
            hands=tuple(hands),
            body=body,
            face_sharpness=tuple(sharpness(image, face.box) for face in faces),
            hand_sharpness=tuple(sharpness(image, hand.box) for hand in hands),
        )

    def _second_look(self, image: NDArray[np.uint8], body: Body, hands: list[Hand]) -> list[Hand]:
        height, width = image.shape[:2]
        for side in _missing_sides(body, hands):
            if body.visibility[WRISTS[side]] < self._config.crop_visibility:
                continue
            square = hand_square(
                body, side, self._config.crop_metres, smallest=SMALLEST_CROP, width=width, height=height
            )
            if square is None:
                continue
            hands = _distinct([*hands, *self._hands_in(image, square)])
        return hands

    def _hands_in(self, image: NDArray[np.uint8], square: Square) -> list[Hand]:
        size = self._config.crop_size

        def place(points: Float) -> Float:
            return square.place(points, size)

        return [hand.moved(place, Source.CROP) for hand in self._detector.detect_hands(_cut(image, square, size))]


def arm_distances(body: Body, hand: Hand) -> Float:
    """How far a hand is from where the left and right arm point, (2,) metres at the body's scale; infinite for a body
    without extent."""
    scale = pixels_per_metre(body)
    if scale == 0.0:
        return np.full(len(Side), np.inf)
    return np.array([np.linalg.norm(hand.centre - hand_position(body, side)) / scale for side in Side])


def _missing_sides(body: Body, hands: Sequence[Hand]) -> list[Side]:
    """The sides whose hand isn't among ``hands``, when each hand serves one side at most."""
    best: tuple[int, float] = (0, 0.0)
    missing = list(Side)
    distances = [arm_distances(body, hand) for hand in hands]
    choices: list[int | None] = [None, *range(len(hands))]
    for left in choices:
        for right in choices:
            taken = [(side, index) for side, index in ((Side.LEFT, left), (Side.RIGHT, right)) if index is not None]
            if left is not None and left == right:
                continue
            reached = [float(distances[index][side]) for side, index in taken]
            if any(distance > HAND_REACH for distance in reached):
                continue
            candidate = (len(taken), -sum(reached))
            if candidate > best:
                best = candidate
                missing = [side for side in Side if side not in {side for side, _ in taken}]
    return missing


def _distinct(hands: Sequence[Hand]) -> list[Hand]:
    """The hands in order, without those that repeat an earlier one."""
    kept: list[Hand] = []
    for hand in hands:
        if not any(_same(hand, other) for other in kept):
            kept.append(hand)
    return kept


def _same(one: Hand, other: Hand) -> bool:
    apart = float(np.linalg.norm(one.image - other.image, axis=1).mean())
    return apart < SAME_HAND * max(one.size, other.size) or _overlap(one.box, other.box) > SAME_BOX


def _overlap(one: Float, other: Float) -> float:
    """Intersection over union of two boxes (4,)."""
    sides = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    inside = float(np.prod(np.maximum(sides, 0.0)))
    union = float(np.prod(one[2:] - one[:2]) + np.prod(other[2:] - other[:2])) - inside
    return inside / union if union > 0.0 else 0.0


def _shrink(image: NDArray[np.uint8], short_side: int) -> tuple[NDArray[np.uint8], Float]:
    """The picture with its shorter side at most ``short_side``, and how many pixels of the frame one of its pixels
    is, (x, y)."""
    import cv2

    height, width = image.shape[:2]
    shorter = min(height, width)
    if shorter <= short_side:
        return np.ascontiguousarray(image), np.ones(2)
    size = (round(width * short_side / shorter), round(height * short_side / shorter))
    interpolation = cv2.INTER_AREA if shorter >= AREA_FACTOR * short_side else cv2.INTER_LINEAR
    return cv2.resize(image, size, interpolation=interpolation), np.array([width / size[0], height / size[1]])


def _cut(image: NDArray[np.uint8], square: Square, size: int) -> NDArray[np.uint8]:
    """The square's content at ``size`` pixels a side, black where it reaches out of the image."""
    import cv2

    height, width = image.shape[:2]
    patch = np.zeros((square.side, square.side, 3), np.uint8)
    x1, y1 = max(square.left, 0), max(square.top, 0)
    x2, y2 = min(square.left + square.side, width), min(square.top + square.side, height)
    patch[y1 - square.top : y2 - square.top, x1 - square.left : x2 - square.left] = image[y1:y2, x1:x2]
    interpolation = cv2.INTER_AREA if square.side > size else cv2.INTER_LINEAR
    resized: NDArray[np.uint8] = cv2.resize(patch, (size, size), interpolation=interpolation)
    return resized
