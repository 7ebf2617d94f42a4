"""What shows of a hand, on skin painted around exact landmarks."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from cointeract_curation.human.fit import BodyFit
from cointeract_curation.human.landmarks import Landmarks
from cointeract_curation.stages.object.hands import draw_hand, find_hands
from cointeract_curation.stages.object.skin import skin_likelihood
from cointeract_curation.stages.object.view import make_view
from cointeract_curation.stages.object.visible_hands import visible_hand_boxes
from cointeract_shards.records import Track, TrackPoint
from tests.curation.stages.object.made_up import FRAMES, HEIGHT, LEFT, RIGHT, WIDTH, DrawnFrames, make_body, make_clip

SKIN = (205, 150, 120)
WALL = (40, 90, 70)


def body_of(landmarks: Landmarks) -> BodyFit:
    """A body a metre away whose wrists are the hands' own and whose elbows aren't known."""
    hands = np.asarray(landmarks.hand_image, np.float64)
    wrists = hands[:, :, 0]
    body = make_body(FRAMES, hands, np.ones((FRAMES, 2)))
    metric = body.hands_3d.copy()
    metric[:, :, 9, 1] = np.float32(0.06)
    return dataclasses.replace(
        body,
        hands_3d=metric,
        keypoint_names=("left_elbow", "right_elbow", "left_wrist", "right_wrist"),
        keypoints_2d=np.concatenate([np.full_like(wrists, np.nan), wrists], axis=1).astype(np.float32),
    )


def painted(wall: tuple[int, int, int] = WALL) -> tuple[DrawnFrames, NDArray[np.float64]]:
    """Frames in which both hands are painted around their landmarks, and the tight boxes (T, 2, 4) of the paint."""
    landmarks = make_clip().landmarks
    hands = find_hands(landmarks, body_of(landmarks), (1.0, 1.0), (HEIGHT, WIDTH))
    pictures, boxes = [], np.zeros((FRAMES, 2, 4))
    for frame in range(FRAMES):
        picture = np.full((HEIGHT, WIDTH, 3), wall, np.uint8)
        for side in (LEFT, RIGHT):
            drawn = draw_hand(hands.points[frame, side], float(hands.size[frame, side]), (HEIGHT, WIDTH))
            picture[drawn > 0] = SKIN
            x, y, width, height = cv2.boundingRect(drawn)
            boxes[frame, side] = x, y, x + width, y + height
        pictures.append(picture)
    return DrawnFrames(pictures), boxes


def tracks_of(boxes: NDArray[np.float64]) -> tuple[Track, Track]:
    left, right = (
        tuple(TrackPoint(box=tuple(box), score=0.9) for box in boxes[:, side].tolist()) for side in (LEFT, RIGHT)
    )
    return left, right


def right_boxes(boxes: NDArray[np.float64], frames: DrawnFrames) -> NDArray[np.float64]:
    landmarks = make_clip().landmarks
    nothing = np.zeros((FRAMES, HEIGHT, WIDTH), bool)
    right = visible_hand_boxes(tracks_of(boxes), frames, nothing, landmarks, body_of(landmarks))[RIGHT]
    assert all(point is not None for point in right)
    return np.array([point.box for point in right if point is not None])


def test_an_edge_moves_to_where_the_skin_ends() -> None:
    frames, true = painted()
    loose = true + np.array([-6.0, -6.0, 6.0, 6.0])
    better = right_boxes(loose, frames)
    assert np.abs(better - true[:, RIGHT]).max() < np.abs(loose - true).max() / 2


def test_a_box_stays_where_the_wall_looks_like_skin() -> None:
    frames, true = painted(wall=SKIN)
    loose = true + np.array([-6.0, -6.0, 6.0, 6.0])
    assert right_boxes(loose, frames) == pytest.approx(
        loose[:, RIGHT], abs=4.0 * 2
    )  # the median in time moves along the hand's way


def test_skin_is_likelier_on_hands_than_on_the_wall() -> None:
    frames, _ = painted()
    landmarks = make_clip().landmarks
    body = body_of(landmarks)
    view = make_view(frames, WIDTH)
    hands = find_hands(landmarks, body, view.scale, view.shape)
    likely = skin_likelihood(view, np.zeros((FRAMES, HEIGHT, WIDTH), bool), landmarks, body, hands)
    hand = (view.rgb == np.array(SKIN)).all(axis=-1)
    assert likely[hand].min() > 0.9
    assert likely[~hand].max() < 0.1


def test_a_hand_without_landmarks_is_where_skin_shows_at_the_wrist_and_nowhere_else() -> None:
    frames, true = painted()
    landmarks = make_clip().landmarks
    body = body_of(landmarks)
    unseen = landmarks.hand_image.copy()
    unseen[:, LEFT] = np.nan
    sources = landmarks.hand_source.copy()
    sources[:, LEFT] = 0
    unseen_hand = dataclasses.replace(landmarks, hand_image=unseen, hand_source=sources)
    nothing = np.zeros((FRAMES, HEIGHT, WIDTH), bool)
    elsewhere = tracks_of(true + 15.0)
    found = visible_hand_boxes(elsewhere, frames, nothing, unseen_hand, body)[LEFT]
    boxes = np.array([point.box for point in found if point is not None])
    # Without an object, what shows within a palm's length of the wrist: part of the hand and nothing else.
    assert len(boxes) == FRAMES
    assert (boxes[:, :2] >= true[:, LEFT, :2] - 2).all()
    assert (boxes[:, 2:] <= true[:, LEFT, 2:] + 2).all()
    assert (boxes[:, 2] - boxes[:, 0]).min() > 0.5 * (true[0, LEFT, 2] - true[0, LEFT, 0])
    for picture in frames.pictures:
        picture[int(true[0, LEFT, 1]) - 2 : int(true[0, LEFT, 3]) + 2, : int(true[0, LEFT, 2]) + 2] = WALL
    hidden = visible_hand_boxes(elsewhere, frames, nothing, unseen_hand, body)[LEFT]
    assert all(point is None for point in hidden)
