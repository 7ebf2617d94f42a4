"""The two artifacts of the stage: `tracks.json` and `landmarks.npz`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cointeract_curation.stages.people.records import Side, Source
from cointeract_shards.records import Track, TrackPoint, Tracks

if TYPE_CHECKING:
    from pathlib import Path

    from cointeract_curation.stages.people.boxes import Boxes
    from cointeract_curation.stages.people.person import Person

BOX_DECIMALS = 2
SCORE_DECIMALS = 4


def make_tracks(face: Boxes, hands: tuple[Boxes, Boxes], width: int, height: int) -> Tracks:
    """The record that a sample carries. Object and contact are null: a later stage finds them."""
    frames = len(face.box)
    return Tracks(
        width=width,
        height=height,
        frames=frames,
        face=_track(face),
        left_hand=_track(hands[Side.LEFT]),
        right_hand=_track(hands[Side.RIGHT]),
        object=(None,) * frames,
        contact=(None,) * frames,
    )


def _track(boxes: Boxes) -> Track:
    points: list[TrackPoint | None] = []
    for box, score, source, present in zip(boxes.box, boxes.score, boxes.source, boxes.present, strict=True):
        if not present:
            points.append(None)
            continue
        x1, y1, x2, y2 = (round(float(value), BOX_DECIMALS) for value in box)
        points.append(
            TrackPoint(
                box=(x1, y1, x2, y2),
                score=round(float(score), SCORE_DECIMALS),
                interpolated=source not in (Source.DETECTED, Source.CROP),
            )
        )
    return tuple(points)


def write_landmarks(
    path: Path, person: Person, *, face: Boxes, hands: tuple[Boxes, Boxes], width: int, height: int
) -> None:
    """Write `landmarks.npz`, uncompressed, the same bytes for the same values.

    T frames; hands in the order left, right (the person's own); pixels of the stored video, x right, y down, the
    picture's corner at (0, 0); world points in metres, x right, y down, z away from the camera; NaN where there is no
    value.

    Confidence is 0 where absent and half the lower neighbour's where interpolated. A source is a value of `Source`:
    0 none, 1 detected, 2 detected in a crop, 3 interpolated, 4 a box from the body's points without landmarks.

    | array | shape, type | content |
    |---|---|---|
    | `size` | (2,) int32 | width, height of the video |
    | `looked` | (T,) bool | frames that the detectors saw; the rest is interpolated or empty |
    | `face_box` | (T, 4) float32 | the box of `tracks.json`, unrounded |
    | `face_keypoints` | (T, 6, 2) float32 | right eye, left eye, nose, mouth, right ear, left ear; pixels |
    | `face_score` | (T,) float32 | the detector's confidence, 0..1 |
    | `face_source` | (T,) uint8 | source: 0, 1 or 3 |
    | `hand_box` | (T, 2, 4) float32 | the boxes of `tracks.json`, unrounded |
    | `hand_box_source` | (T, 2) uint8 | source: 0 to 4 |
    | `hand_box_score` | (T, 2) float32 | as in `tracks.json` |
    | `hand_image` | (T, 2, 21, 2) float32 | wrist, then four for each finger from the thumb on; pixels |
    | `hand_world` | (T, 2, 21, 3) float32 | the same in metres around the hand's own centre |
    | `hand_score` | (T, 2) float32 | certainty of the left-right label, 0..1: the detector reports no other |
    | `hand_source` | (T, 2) uint8 | source: 0 to 3 |
    | `body_image` | (T, 33, 2) float32 | BlazePose's landmarks; pixels, also outside of the frame |
    | `body_world` | (T, 33, 3) float32 | the same in metres around the middle of the hips |
    | `body_visibility` | (T, 33) float32 | 0..1 |
    | `body_source` | (T,) uint8 | source: 0, 1 or 3 |
    """
    body = person.body.points
    arrays = {
        "size": np.array([width, height], np.int32),
        "looked": person.looked,
        "face_box": face.box,
        "face_keypoints": person.face.points[:, 2:],
        "face_score": person.face.scores,
        "face_source": person.face.sources,
        "hand_box": np.stack([boxes.box for boxes in hands], axis=1),
        "hand_box_source": np.stack([boxes.source for boxes in hands], axis=1),
        "hand_box_score": np.stack([boxes.score for boxes in hands], axis=1),
        "hand_image": np.stack([hand.points[..., :2] for hand in person.hands], axis=1),
        "hand_world": np.stack([hand.points[..., 2:] for hand in person.hands], axis=1),
        "hand_score": np.stack([hand.scores for hand in person.hands], axis=1),
        "hand_source": np.stack([hand.sources for hand in person.hands], axis=1),
        "body_image": body[..., :2],
        "body_world": body[..., 2:5],
        "body_visibility": body[..., 5],
        "body_source": person.body.sources,
    }
    stored = {name: array.astype(np.float32) if array.dtype == np.float64 else array for name, array in arrays.items()}
    with path.open("wb") as file:
        np.savez(file, **stored)
