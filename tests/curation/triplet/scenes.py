"""Clips with exact masks, landmarks and bodies: two people of the rendered livestream, and scenes drawn from a few numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.fit import BodyFit
from cointeract_curation.human.landmarks import Landmarks
from cointeract_curation.media.frames import DecodedVideo
from cointeract_curation.media.masks import make_masks
from cointeract_curation.stages.body.targets import BODY
from cointeract_curation.synth.arrays import decode_mask, read_masks
from cointeract_curation.synth.truth import Truth
from cointeract_curation.synth.truth_body import true_body
from cointeract_curation.triplet.clip import HandledClip
from cointeract_curation.triplet.face_finder import FaceFinder

Picture = NDArray[np.uint8]
Mask = NDArray[np.bool_]


def rendered_clip(livestream: Path, first: int, frames: int) -> HandledClip:
    """A stretch of the livestream, as perfect stages would see it."""
    path = livestream.with_suffix(".truth.json")
    truth = Truth.load(path)
    wanted = list(range(first, first + frames))
    pictures = [picture for _, picture in DecodedVideo(livestream).at(wanted)]
    codes = read_masks(path.parent / truth.arrays / "object_masks.json")
    height, width = pictures[0].shape[:2]
    empty = np.zeros((height, width), bool)
    masks = [empty if (code := codes[index]) is None else decode_mask(code) for index in wanted]
    body = true_body(path, first, frames)
    boxes = [truth.frames[index].face for index in wanted]
    landmarks = landmarks_of(body, boxes, found_faces(pictures))
    return HandledClip(pictures, landmarks, make_masks(masks, (width, height)), body)


def found_faces(pictures: Sequence[Picture]) -> NDArray[np.float32]:
    """(T, 6, 2) keypoints of the surest face, NaN where none is found."""
    finder = FaceFinder()
    faces = [finder.find(picture) for picture in pictures]
    finder.close()
    return np.stack([found[0] if found else np.full((6, 2), np.nan, np.float32) for found in faces])


def landmarks_of(body: BodyFit, boxes: Sequence[Sequence[float] | None], faces: NDArray[np.float32]) -> Landmarks:
    """What perfect detectors would see of a body, with ``faces`` (T, 6, 2) in ``boxes``."""
    frames, names = body.frames, list(body.keypoint_names)
    image = np.zeros((frames, 33, 2), np.float32)
    for name, number in BODY.items():
        image[:, number] = body.keypoints_2d[:, names.index(name)]
    blank = empty_landmarks(frames, body.size)
    return Landmarks(
        **blank.__dict__
        | {
            "face_box": np.array([[np.nan] * 4 if box is None else box for box in boxes], np.float32),
            "face_keypoints": faces,
            "face_source": np.isfinite(faces).all(axis=(1, 2)).astype(np.uint8),
            "hand_image": body.hands_2d,
            "hand_source": np.ones((frames, 2), np.uint8),
            "body_image": image,
            "body_visibility": np.ones((frames, 33), np.float32),
            "body_source": np.ones(frames, np.uint8),
        }
    )


def empty_landmarks(frames: int, size: tuple[int, int]) -> Landmarks:
    """Of a clip in which nobody was seen; ``size`` is (width, height)."""
    points = np.full((frames, 33, 3), np.nan, np.float32)
    return Landmarks(
        size=np.array(size, np.int32),
        looked=np.ones(frames, bool),
        face_box=np.full((frames, 4), np.nan, np.float32),
        face_keypoints=np.full((frames, 6, 2), np.nan, np.float32),
        face_source=np.zeros(frames, np.uint8),
        hand_box=np.full((frames, 2, 4), np.nan, np.float32),
        hand_image=np.full((frames, 2, 21, 2), np.nan, np.float32),
        hand_world=np.full((frames, 2, 21, 3), np.nan, np.float32),
        hand_source=np.zeros((frames, 2), np.uint8),
        body_image=points[..., :2],
        body_world=points,
        body_visibility=np.zeros((frames, 33), np.float32),
        body_source=np.zeros(frames, np.uint8),
    )


def empty_body(frames: int, size: tuple[int, int]) -> BodyFit:
    """A fit of nobody."""
    none = np.zeros((frames, 0, 3), np.float32)
    return BodyFit(
        model="anny",
        size=size,
        focal=400.0,
        centre=(size[0] / 2, size[1] / 2),
        fitted=np.zeros(frames, bool),
        shape_names=(),
        shape=np.zeros(0, np.float32),
        rotations=np.zeros((frames, 0, 3, 3), np.float32),
        root=np.full((frames, 3), np.nan, np.float32),
        joint_names=(),
        joints_3d=none,
        joints_2d=none[..., :2],
        keypoint_names=(),
        keypoints_3d=none,
        keypoints_2d=none[..., :2],
        hands_3d=np.full((frames, 2, 21, 3), np.nan, np.float32),
        hands_2d=np.full((frames, 2, 21, 2), np.nan, np.float32),
        hand_observed=np.zeros((frames, 2), np.float32),
    )


def mottled_wall(height: int, width: int, seed: int = 3) -> Picture:
    """A wall with blotches of all colours."""
    import cv2

    noise = np.random.default_rng(seed).integers(0, 255, (height, width, 3)).astype(np.uint8)
    blurred = cv2.GaussianBlur(noise, (0, 0), 4).astype(np.float32)
    return np.clip(128 + 6 * (blurred - 128), 0, 255).astype(np.uint8)


def drawn_clip(
    frames: int = 12, moving: bool = True, size: tuple[int, int] = (120, 200)
) -> tuple[HandledClip, Picture]:
    """A striped box before a mottled wall, and the wall; nobody is there. ``size`` is (width, height)."""
    width, height = size
    wall = mottled_wall(height, width)
    pictures, masks = [], []
    for frame in range(frames):
        left, top = (20 + 5 * frame if moving else 40), 60
        picture, mask = wall.copy(), np.zeros((height, width), bool)
        for row in range(48):
            picture[top + row, left : left + 30] = (30, 60, 220) if row // 8 % 2 else (230, 230, 40)
        mask[top : top + 48, left : left + 30] = True
        pictures.append(picture)
        masks.append(mask)
    clip = HandledClip(pictures, empty_landmarks(frames, size), make_masks(masks, size), empty_body(frames, size))
    return clip, wall


def without_object(clip: HandledClip) -> HandledClip:
    """The same clip with empty masks."""
    empty = [np.zeros((clip.height, clip.width), bool)] * clip.count
    return HandledClip(clip.frames, clip.landmarks, make_masks(empty, (clip.width, clip.height)), clip.body)
