"""The parts that gather evidence, each on a scene small enough to know the answer."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cointeract_curation.stages.object.colours import BINS, colour_bins, density
from cointeract_curation.stages.object.contact import find_contacts
from cointeract_curation.stages.object.hands import Hands, draw_hand, find_hands, hand_maps
from cointeract_curation.stages.object.motion import chain, fit_motion, residual
from cointeract_curation.stages.object.plate import clean_plate
from cointeract_curation.stages.object.refine import refine
from cointeract_curation.stages.object.scores import stability
from cointeract_curation.stages.object.through_time import smooth_in_time
from tests.curation.stages.object.made_up import HAND, HAND_LENGTH, RIGHT, make_body, make_clip

SHAPE = (80, 60)


def lab_of(colour: tuple[int, int, int], shape: tuple[int, int] = SHAPE) -> NDArray[np.uint8]:
    return cv2.cvtColor(np.full((*shape, 3), colour, np.uint8), cv2.COLOR_RGB2LAB)


def test_a_seen_colour_is_likelier_than_an_unseen_one() -> None:
    lab = np.stack([lab_of((200, 30, 30)), lab_of((30, 30, 200))])
    bins = colour_bins(lab)
    learned = density(bins, np.array([1.0, 0.0], np.float32)[:, None, None] * np.ones((2, *SHAPE), np.float32))
    assert learned[bins[0, 0, 0]] > 100 * learned[bins[1, 0, 0]]
    assert learned.mean() == pytest.approx(1.0, rel=1e-3)


def test_no_pixels_teach_nothing() -> None:
    bins = colour_bins(lab_of((9, 9, 9))[None])
    assert (density(bins, np.zeros(bins.shape, bool)) == np.ones(BINS, np.float32)).all()


def test_the_distance_to_a_hand_is_in_palm_lengths() -> None:
    points = (HAND * HAND_LENGTH + (60, 90)).astype(np.float32)
    hands = Hands(
        np.stack([np.full((21, 2), np.nan, np.float32), points])[None],
        np.array([[np.nan, 20.0]], np.float32),
        np.array([[False, True]]),
    )
    shapes, apart = hand_maps(hands, (160, 160))
    assert set(np.unique(shapes)) == {0, 2}
    assert (apart[0, RIGHT][shapes[0] > 0] == 0).all()
    column = int(points[:, 0].max()) + 40
    row = int(points[np.argmax(points[:, 0]), 1])
    assert apart[0, RIGHT, row, column] == pytest.approx(2.0, abs=0.2)
    assert apart[0, 0].min() > 50  # there is no left hand


def test_hands_that_were_not_seen_come_from_the_body() -> None:
    clip = make_clip(3)
    landmarks = clip.landmarks
    lost = landmarks.hand_image.copy()
    lost[1, RIGHT] = np.nan
    body = make_body(3, landmarks.hand_image.astype(np.float64), np.ones((3, 2)))
    hands = find_hands(type(landmarks)(**vars(landmarks) | {"hand_image": lost}), body, (1.0, 1.0), (320, 180))
    assert hands.present.all()
    assert hands.observed[:, RIGHT].tolist() == [True, False, True]


@settings(deadline=None, max_examples=20)
@given(
    angle=st.floats(-0.05, 0.05), zoom=st.floats(0.95, 1.05), x=st.floats(-3, 3), y=st.floats(-3, 3)
)  # fmt: skip
def test_the_motion_of_most_points_is_found(angle: float, zoom: float, x: float, y: float) -> None:
    move = np.array([[zoom * np.cos(angle), -zoom * np.sin(angle), x], [zoom * np.sin(angle), zoom * np.cos(angle), y]])
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    points = np.stack([columns, rows], axis=-1)
    flow = (points @ move[:, :2].T + move[:, 2] - points).astype(np.float32)
    flow[:20, :20] += 9.0  # something that moves on its own
    found = fit_motion(flow, np.ones(SHAPE, bool))
    apart = residual(flow, found)
    assert apart[30:].max() < 0.3
    assert apart[:20, :20].min() > 5


def test_moves_of_a_camera_add_up() -> None:
    step = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, -1.0]])
    to_middle = chain(np.stack([step] * 4))
    assert np.allclose(to_middle[:, :2, 2], [(4, -2), (2, -1), (0, 0), (-2, 1), (-4, 2)])


def test_a_plate_shows_what_a_hand_hid_for_a_while() -> None:
    frames = 30
    lab = np.repeat(lab_of((40, 160, 40))[None], frames, axis=0)
    free = np.ones((frames, *SHAPE), bool)
    lab[:15, 20:40, 20:40] = lab_of((220, 180, 150))[0, 0]
    free[:15, 20:40, 20:40] = False
    free[:, 60:, :] = False
    plates, known = clean_plate(lab, free, np.tile(np.eye(3), (frames, 1, 1)))
    assert (plates[3][known[3]] == lab_of((40, 160, 40))[0, 0]).all()
    assert known[3, 30, 30]
    assert not known[:, 60:].any()


def test_a_plate_follows_a_moving_camera() -> None:
    frames = 24
    wall = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 255, (120, 140, 3)).astype(np.uint8), (0, 0), 4)
    lab = np.stack([wall[10:90, 5 + t : 65 + t] for t in range(frames)])
    to_middle = chain(np.stack([np.array([[1.0, 0.0, -1.0], [0.0, 1.0, 0.0]])] * (frames - 1)))
    plates, known = clean_plate(lab, np.ones(lab.shape[:3], bool), to_middle)
    inside = known[12, 5:-5, 25:-25]
    assert inside.all()
    assert np.abs(plates[12].astype(int) - lab[12])[5:-5, 25:-25].mean() < 3


def test_smoothing_follows_motion() -> None:
    maps = np.zeros((5, *SHAPE), np.float32)
    for t in range(5):
        maps[t, 30:40, 10 + 4 * t : 20 + 4 * t] = t != 2
    flow = np.zeros((4, *SHAPE, 2), np.float32)
    flow[..., 0] = 4
    smooth = smooth_in_time(maps, flow, -flow, 0.7)
    assert smooth[2, 35, 23] > 0.6  # the frame in which it was missed
    assert smooth[2, 35, 5] == 0


def test_contact_needs_a_mask_near_the_hand() -> None:
    points = (HAND * HAND_LENGTH + (60, 90)).astype(np.float32)
    hands = Hands(
        np.repeat(np.stack([points + np.float32(60) * np.array([1, 0], np.float32), points])[None], 4, axis=0),
        np.full((4, 2), 20.0, np.float32),
        np.ones((4, 2), bool),
    )
    _, apart = hand_maps(hands, (160, 200))
    masks = np.zeros((4, 160, 200), bool)
    x, y = points[12].astype(int)
    masks[:, y - 30 : y - 1, x - 6 : x + 2] = True
    contacts = find_contacts(masks, hands, apart)
    assert contacts.touching[:, RIGHT].all()
    assert not contacts.touching[:, 0].any()
    assert not find_contacts(np.zeros_like(masks), hands, apart).touching.any()
    # A stray piece of the mask at the left hand, whose object is elsewhere, is no touch.
    x, y = hands.points[0, 0, 12].astype(int)
    masks[:, y - 8 : y, x - 2 : x + 2] = True
    strayed = find_contacts(masks, hands, apart)
    assert strayed.touching[:, RIGHT].all()
    assert not strayed.touching[:, 0].any()


def test_an_outline_moves_to_the_edge_of_the_picture() -> None:
    frame = np.full((160, 120, 3), 40, np.uint8)
    frame[50:110, 30:80] = (220, 60, 60)
    rough = np.zeros((80, 60), np.float32)
    rough[26:54, 16:39] = 0.9
    mask = refine([frame], rough[None], (120, 160))[0]
    true = frame[..., 0] > 100
    assert (mask & true).sum() / (mask | true).sum() > 0.93


def test_stability_is_one_for_a_shape_that_only_moves() -> None:
    masks = np.zeros((4, *SHAPE), bool)
    for t in range(4):
        masks[t, 10 + 3 * t : 20 + 3 * t, 5 + 2 * t : 15 + 2 * t] = True
    assert stability(masks) == 1.0
    masks[2] = False
    masks[2, 10:12, 5:40] = True
    assert stability(masks) < 0.7  # type: ignore[operator]
    assert stability(np.zeros_like(masks)) is None


def test_a_hand_is_drawn_where_its_landmarks_are() -> None:
    points = (HAND * HAND_LENGTH + (60, 60)).astype(np.float32)
    drawn = draw_hand(points, 20.0, (120, 120))
    inside = points.astype(int)
    assert drawn[inside[:, 1], inside[:, 0]].mean() > 0.9
    assert drawn.sum() < 60 * 60
