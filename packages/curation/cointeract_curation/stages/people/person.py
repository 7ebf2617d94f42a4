"""The demonstrator through a clip: from what single frames show to face, hands and body at every frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.people.assign import HandSides, assign_sides
from cointeract_curation.stages.people.bodies import credible, steady_bodies
from cointeract_curation.stages.people.faces import belongs_to, hands_of_others, main_faces
from cointeract_curation.stages.people.gaps import Filled, Samples, fill, keep_plausible
from cointeract_curation.stages.people.records import (
    BODY_LANDMARKS,
    FACE_KEYPOINTS,
    HAND_LANDMARKS,
    WRISTS,
    Body,
    BodyLandmark,
    Face,
    Float,
    Hand,
    Side,
    Source,
)
from cointeract_curation.stages.people.smooth import smooth

if TYPE_CHECKING:
    from cointeract_curation.stages.people.config import PeopleConfig
    from cointeract_curation.stages.people.observe import Observation

ANCHOR_VISIBILITY = 0.5
"""A wrist at least this visible tells how a hand moved while it wasn't found."""


@dataclass(frozen=True)
class Person:
    """One person at each of T frames, smoothed; NaN where there is nothing. Pixels of the frame, metres in the world.

    ``face`` points (T, 8, 2): the detector's box as two corners, then the six key points. ``hands`` left and right,
    points (T, 21, 5): image x, y, world x, y, z. ``body`` points (T, 33, 6): image x, y, world x, y, z, visibility.
    ``looked`` (T,) marks the frames that were looked at; ``seen_body`` those of them that show a credible body.
    """

    looked: NDArray[np.bool_]
    seen_body: NDArray[np.bool_]
    face: Filled
    hands: tuple[Filled, Filled]
    body: Filled
    main: tuple[int | None, ...]
    sides: HandSides


def trace_person(observations: Sequence[Observation], count: int, config: PeopleConfig) -> Person:
    """Follow the main person through a clip of ``count`` frames.

    The main person is the one with the largest face most of the time. A body under another face isn't theirs; a body
    without any face is, where it is credible.
    """
    frames = [seen.frame for seen in observations]
    main = main_faces(frames, [seen.faces for seen in observations])
    faces = [None if index is None else seen.faces[index] for seen, index in zip(observations, main, strict=True)]
    bodies = steady_bodies([_own_body(seen, face) for seen, face in zip(observations, faces, strict=True)])
    # A body tells better than distances from faces whose hands these are.
    foreign = [
        hands_of_others(seen.faces, index, seen.hands) if body is None else set[int]()
        for seen, index, body in zip(observations, main, bodies, strict=True)
    ]
    sides = assign_sides(frames, [seen.hands for seen in observations], bodies, foreign)

    body = _smoothed(fill(_body_samples(frames, bodies), count, config.max_gap), config.smooth_window)
    body.points[..., 5] = np.clip(body.points[..., 5], 0.0, 1.0)
    hands = []
    for side in Side:
        chosen = [_chosen(seen, choice[side]) for seen, choice in zip(observations, sides.choices, strict=True)]
        samples = _hand_samples(frames, chosen)
        samples = samples.select(keep_plausible(samples, _sizes(samples)))
        hands.append(_smoothed(fill(samples, count, config.max_gap, wrist_anchor(body, side)), config.smooth_window))
    face = _smoothed(fill(_face_samples(frames, faces), count, config.max_gap), config.smooth_window)

    looked, seen_body = np.zeros(count, bool), np.zeros(count, bool)
    looked[frames] = True
    seen_body[frames] = [item is not None and credible(item) for item in bodies]
    return Person(looked, seen_body, face, (hands[Side.LEFT], hands[Side.RIGHT]), body, tuple(main), sides)


def wrist_anchor(body: Filled, side: Side) -> Float:
    """(T, 2): the wrist in pixels where it is visible, NaN elsewhere."""
    wrist = body.points[:, WRISTS[side]]
    return np.where(wrist[:, 5:6] >= ANCHOR_VISIBILITY, wrist[:, :2], np.nan)


def _chosen(seen: Observation, index: int | None) -> Hand | None:
    return None if index is None else seen.hands[index]


def _own_body(seen: Observation, face: Face | None) -> Body | None:
    body = seen.body
    if body is None:
        return None
    if face is not None:
        return body if belongs_to(body, face) else None
    others = any(belongs_to(body, other) for other in seen.faces)
    return body if credible(body) and not others else None


def _smoothed(filled: Filled, window: int) -> Filled:
    return Filled(smooth(filled.points, window), filled.scores, filled.sources)


def _sizes(samples: Samples) -> Float:
    extent = samples.points[..., :2].max(axis=1) - samples.points[..., :2].min(axis=1)
    sizes: Float = extent.max(axis=1)
    return sizes


def _samples(
    frames: list[int], points: list[Float], scores: list[float], sources: list[Source], shape: tuple[int, int]
) -> Samples:
    return Samples(
        frames=np.array(frames, np.int64),
        points=np.array(points, np.float64).reshape(len(frames), *shape),
        scores=np.array(scores, np.float64),
        sources=np.array(sources, np.uint8),
    )


def _face_samples(frames: Sequence[int], faces: Sequence[Face | None]) -> Samples:
    seen = [(frame, face) for frame, face in zip(frames, faces, strict=True) if face is not None]
    points = [np.concatenate([face.box.reshape(2, 2), face.keypoints]) for _, face in seen]
    return _samples(
        [frame for frame, _ in seen],
        points,
        [face.score for _, face in seen],
        [Source.DETECTED] * len(seen),
        (2 + len(FACE_KEYPOINTS), 2),
    )


def _hand_samples(frames: Sequence[int], hands: Sequence[Hand | None]) -> Samples:
    seen = [(frame, hand) for frame, hand in zip(frames, hands, strict=True) if hand is not None]
    points = [np.concatenate([hand.image, hand.world], axis=1) for _, hand in seen]
    return _samples(
        [frame for frame, _ in seen],
        points,
        [hand.score for _, hand in seen],
        [hand.source for _, hand in seen],
        (HAND_LANDMARKS, 5),
    )


def _body_samples(frames: Sequence[int], bodies: Sequence[Body | None]) -> Samples:
    seen = [(frame, body) for frame, body in zip(frames, bodies, strict=True) if body is not None]
    points = [np.concatenate([body.image, body.world, body.visibility[:, None]], axis=1) for _, body in seen]
    scores = [
        float(body.visibility[[BodyLandmark.LEFT_SHOULDER, BodyLandmark.RIGHT_SHOULDER]].mean()) for _, body in seen
    ]
    return _samples([frame for frame, _ in seen], points, scores, [Source.DETECTED] * len(seen), (BODY_LANDMARKS, 6))
