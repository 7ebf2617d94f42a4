"""What is drawn of made-up points."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cointeract_curation.stages.pose.draw import FINGER_BONES, LIMBS, draw_pose
from cointeract_curation.stages.pose.protocol import BODY_POINTS, WholeBody

SIZE = (80, 120)
WIDTH = 0.02


def nobody() -> WholeBody:
    return WholeBody(
        body=np.full((1, 18, 2), np.nan),
        body_seen=np.zeros((1, 18), bool),
        hands=np.full((1, 2, 21, 2), np.nan),
        hands_seen=np.zeros((1, 2), bool),
        face=np.full((1, 6, 2), np.nan),
        face_seen=np.zeros(1, bool),
    )


def points(**places: tuple[float, float]) -> WholeBody:
    pose = nobody()
    for name, place in places.items():
        pose.body[0, BODY_POINTS.index(name)] = place
        pose.body_seen[0, BODY_POINTS.index(name)] = True
    return pose


def test_a_limb_has_its_colour_and_its_points_theirs() -> None:
    picture = draw_pose(points(right_elbow=(20.5, 30.5), right_wrist=(60.5, 30.5)), 0, SIZE, WIDTH)
    assert tuple(picture[30, 40]) == (153, 153, 0)  # the fourth limb: yellow, darker than its points
    assert tuple(picture[30, 20]) == (255, 255, 0)
    assert tuple(picture[30, 60]) == (170, 255, 0)
    assert not picture[:26].any()
    assert not picture[:, 66:].any()


def test_a_limb_that_leaves_the_picture_is_cut_and_one_outside_is_not_drawn() -> None:
    leaving = draw_pose(points(left_hip=(40, 100), left_knee=(40, 1000)), 0, SIZE, WIDTH)
    assert leaving[119, 40].any()
    assert not draw_pose(points(left_hip=(-10, 60), left_knee=(90, 60)), 0, SIZE, WIDTH).any()


def test_what_is_not_seen_is_not_drawn() -> None:
    assert not draw_pose(nobody(), 0, SIZE, WIDTH).any()
    hands = np.tile(np.linspace(20, 60, 21)[:, None], (1, 2, 1, 2))
    pose = replace(nobody(), hands=hands)
    assert not draw_pose(pose, 0, SIZE, WIDTH).any()
    seen = draw_pose(replace(pose, hands_seen=np.array([[True, False]])), 0, SIZE, WIDTH)
    assert (seen == (0, 0, 255)).all(axis=-1).any()
    face = draw_pose(replace(nobody(), face=np.full((1, 1, 2), 40.0), face_seen=np.array([True])), 0, SIZE, 0.05)
    assert tuple(face[39, 39]) == (255, 255, 255)


def test_every_joint_of_a_hand_hangs_on_the_wrist() -> None:
    reached = {0}
    for one, two in FINGER_BONES:
        assert one in reached
        reached.add(two)
    assert reached == set(range(21))
    assert {name for limb in LIMBS for name in limb} == set(BODY_POINTS)


def test_edges_are_smooth() -> None:
    picture = draw_pose(points(neck=(10.2, 10.7), right_hip=(61.3, 93.1)), 0, SIZE, WIDTH)
    assert len(np.unique(picture.max(axis=-1))) > 20


@settings(deadline=None, max_examples=60)
@given(places=st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=18, max_size=18))
def test_any_place_can_be_drawn(places: list[tuple[float, float]]) -> None:
    pose = points(**dict(zip(BODY_POINTS, places, strict=True)))
    picture = draw_pose(pose, 0, SIZE, WIDTH)
    inside = [0 <= x < SIZE[0] and 0 <= y < SIZE[1] for x, y in places]
    assert picture.any() == any(inside)


@pytest.mark.parametrize("size", [(80, 120), (720, 1280)])
def test_strokes_grow_with_the_picture(size: tuple[int, int]) -> None:
    middle = (size[0] / 2, size[1] / 2)
    picture = draw_pose(points(neck=(0.1, middle[1]), nose=(size[0] - 0.1, middle[1])), 0, size, 0.05)
    assert picture[:, int(middle[0])].any(axis=-1).sum() == pytest.approx(0.05 * min(size), abs=3)
