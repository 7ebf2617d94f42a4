"""Which face is the demonstrator's, and how many people there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from cointeract_curation.stages.people.link import Spot, link
from cointeract_curation.stages.people.records import Body, BodyLandmark, Face, Hand

REACH = 1.0
"""Face sizes that a face may be away from where it was expected."""
SIZE_RATIO = 2.0
MAX_GAP = 25
"""Frames that a face may be away (turned, hidden behind the product) and still continue its track: one second."""
NOSE_REACH = 1.0
"""Face heights that a body's nose may be away from the face's middle when both belong to one person."""


def main_faces(frames: Sequence[int], faces: Sequence[Sequence[Face]]) -> list[int | None]:
    """The index of the main person's face in each frame looked at, None where it isn't seen.

    The main person is the face track with the largest sum of height times score: large and there most of the time.
    Other tracks are theirs too where they are of similar size and never seen together with it: a face that was away
    for longer comes back as a new track.
    """
    tracks = link(
        frames, [[_spot(face) for face in seen] for seen in faces], reach=REACH, size_ratio=SIZE_RATIO, max_gap=MAX_GAP
    )
    weights: defaultdict[int, float] = defaultdict(float)
    heights: defaultdict[int, list[float]] = defaultdict(list)
    for seen, numbers in zip(faces, tracks, strict=True):
        for face, number in zip(seen, numbers, strict=True):
            weights[number] += _height(face) * face.score
            heights[number].append(_height(face))
    ranked = sorted(weights, key=lambda number: (-weights[number], number))
    main = set(ranked[:1])
    for number in ranked[1:]:
        together = any(number in numbers and main.intersection(numbers) for numbers in tracks)
        ratio = float(np.median(heights[number])) / float(np.median(heights[ranked[0]]))
        if not together and 1.0 / SIZE_RATIO <= ratio <= SIZE_RATIO:
            main.add(number)
    return [next((index for index, number in enumerate(numbers) if number in main), None) for numbers in tracks]


def count_people(faces: Sequence[Sequence[Face]], main: Sequence[int | None], min_share: float, min_face: float) -> int:
    """The largest number of faces that at least ``min_share`` of the frames show at once.

    Faces lower than ``min_face`` of the main face's median height are not counted (pictures on a wall or a package).
    """
    heights = [_height(seen[index]) for seen, index in zip(faces, main, strict=True) if index is not None]
    if not heights:
        return 0
    least = min_face * float(np.median(heights))
    counts = np.array([sum(_height(face) >= least for face in seen) for seen in faces])
    people = 0
    while np.mean(counts > people) >= min_share and np.any(counts > people):
        people += 1
    return people


def belongs_to(body: Body, face: Face) -> bool:
    """Whether a body is the one under this face: its nose is near the face's middle."""
    middle = (face.box[:2] + face.box[2:]) / 2
    return bool(np.linalg.norm(body.image[BodyLandmark.NOSE] - middle) <= NOSE_REACH * _height(face))


def hands_of_others(seen: Sequence[Face], main: int | None, hands: Sequence[Hand]) -> set[int]:
    """Indices of the hands that are nearer to another person's face than to the main one, each distance in that
    face's heights."""
    if main is None:
        return set()
    foreign = set()
    for index, hand in enumerate(hands):
        apart = [float(np.linalg.norm(hand.centre - _spot(face).centre)) / _height(face) for face in seen]
        if int(np.argmin(apart)) != main:
            foreign.add(index)
    return foreign


def _height(face: Face) -> float:
    return float(face.box[3] - face.box[1])


def _spot(face: Face) -> Spot:
    return Spot(centre=(face.box[:2] + face.box[2:]) / 2, size=_height(face))
