"""A clip drawn from a few numbers: a hand that carries a striped box over a mottled wall, with exact landmarks and masks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.body import keypoint_labels
from cointeract_curation.human.fit import BodyFit
from cointeract_curation.human.landmarks import Landmarks

WIDTH, HEIGHT = 180, 320
FRAMES = 13
HAND_LENGTH = 48.0
BOX = (44, 60)
LEFT, RIGHT = 0, 1

_FINGERS = [(-0.42, -0.30), (-0.22, -0.62), (0.0, -0.68), (0.18, -0.62), (0.34, -0.48)]
_KNUCKLES = [(-0.22, 0.14), (-0.18, -0.16), (-0.02, -0.2), (0.12, -0.16), (0.24, -0.08)]
HAND = np.array(
    [(0.0, 0.32)]
    + [
        (base[0] + (tip[0] - base[0]) * part, base[1] + (tip[1] - base[1]) * part)
        for base, tip in zip(_KNUCKLES, _FINGERS, strict=True)
        for part in (0.0, 0.4, 0.7, 1.0)
    ]
)
"""21 landmarks of an open hand that points up, in hand lengths around its middle."""


@dataclass(frozen=True)
class DrawnFrames:
    """`Frames` over arrays."""

    pictures: list[NDArray[np.uint8]]

    @property
    def count(self) -> int:
        return len(self.pictures)

    @property
    def height(self) -> int:
        return int(self.pictures[0].shape[0])

    @property
    def width(self) -> int:
        return int(self.pictures[0].shape[1])

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        return iter(self.pictures)

    def at(self, indices: list[int]) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        return ((index, self.pictures[index]) for index in indices)


@dataclass(frozen=True)
class Clip:
    frames: DrawnFrames
    landmarks: Landmarks
    masks: list[NDArray[np.bool_]]
    """Visible pixels of the carried box."""


def make_clip(frames: int = FRAMES, carried: bool = True) -> Clip:
    """The right hand moves to the right with a box behind it; the left hand rests far below."""
    random = np.random.default_rng(3)
    wall = cv2.GaussianBlur(random.integers(60, 200, (HEIGHT, WIDTH, 3)).astype(np.uint8), (0, 0), 3)
    pictures, masks, hands = [], [], np.full((frames, 2, 21, 2), np.nan)
    for frame in range(frames):
        middle = np.array([60.0 + 4 * frame, 130.0 + 2 * frame])
        hands[frame, RIGHT] = middle + HAND_LENGTH * HAND
        hands[frame, LEFT] = np.array([40.0, 270.0]) + HAND_LENGTH * HAND
        picture, mask = wall.copy(), np.zeros((HEIGHT, WIDTH), np.uint8)
        if carried:
            x, y = (middle + np.array([-10.0, -52.0])).astype(int)
            for row in range(BOX[1]):
                picture[y + row, x : x + BOX[0]] = (30, 60, 220) if row // 10 % 2 else (230, 230, 40)
            mask[y : y + BOX[1], x : x + BOX[0]] = 1
        for points in hands[frame]:
            flesh = np.zeros((HEIGHT, WIDTH), np.uint8)
            cv2.fillConvexPoly(flesh, cv2.convexHull(points[[0, 1, 5, 9, 13, 17]].astype(np.int32)), 1)
            for base in range(1, 21, 4):
                cv2.polylines(flesh, [points[base : base + 4].astype(np.int32)], False, 1, 6)
            picture[flesh > 0] = (225, 170, 140)
            mask[flesh > 0] = 0
        pictures.append(picture)
        masks.append(mask > 0)
    return Clip(DrawnFrames(pictures), make_landmarks(hands), masks)


def make_landmarks(hands: NDArray[np.float64]) -> Landmarks:
    """Of a person of whom only these hands (T, 2, 21, 2) were seen."""
    frames = len(hands)
    nothing = np.full((frames, 33, 3), np.nan, np.float32)
    return Landmarks(
        size=np.array([WIDTH, HEIGHT], np.int32),
        looked=np.ones(frames, bool),
        face_box=np.full((frames, 4), np.nan, np.float32),
        face_keypoints=np.full((frames, 6, 2), np.nan, np.float32),
        face_source=np.zeros(frames, np.uint8),
        hand_box=np.full((frames, 2, 4), np.nan, np.float32),
        hand_image=hands.astype(np.float32),
        hand_world=np.full((frames, 2, 21, 3), np.nan, np.float32),
        hand_source=np.isfinite(hands).all(axis=(2, 3)).astype(np.uint8),
        body_image=nothing[..., :2],
        body_world=nothing,
        body_visibility=np.zeros((frames, 33), np.float32),
        body_source=np.zeros(frames, np.uint8),
    )


def make_body(frames: int, hands_2d: NDArray[np.float64], depths: NDArray[np.float64], focal: float = 400.0) -> BodyFit:
    """A fit of which only the hands matter: (T, 2, 21, 2) pixels and (T, 2) metres away."""
    hands_3d = np.zeros((frames, 2, 21, 3), np.float32)
    hands_3d[..., 2] = depths[..., None]
    empty = np.zeros((frames, 0, 3), np.float32)
    unseen = np.full((frames, len(keypoint_labels()), 3), np.nan, np.float32)
    return BodyFit(
        model="anny",
        size=(WIDTH, HEIGHT),
        focal=focal,
        centre=(WIDTH / 2, HEIGHT / 2),
        fitted=np.ones(frames, bool),
        shape_names=(),
        shape=np.zeros(0, np.float32),
        rotations=np.zeros((frames, 0, 3, 3), np.float32),
        root=np.zeros((frames, 3), np.float32),
        joint_names=(),
        joints_3d=empty,
        joints_2d=empty[..., :2],
        keypoint_names=keypoint_labels(),
        keypoints_3d=unseen,
        keypoints_2d=unseen[..., :2],
        hands_3d=hands_3d,
        hands_2d=hands_2d.astype(np.float32),
        hand_observed=np.ones((frames, 2), np.float32),
    )


def overlap(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """Intersection over union; 1 for two empty masks."""
    union = int((first | second).sum())
    return int((first & second).sum()) / union if union else 1.0
