"""Facts from made-up masks, hands and colours."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cointeract_curation.stages.caption.colours import name_colours, name_shares
from cointeract_curation.stages.caption.config import CaptionConfig
from cointeract_curation.stages.caption.hands import gesture_of
from cointeract_curation.stages.caption.item import holder
from cointeract_curation.stages.caption.motion import motion_of, tilts
from cointeract_curation.stages.caption.shape import mask_shape

FRAMES = 60
TORSO = 100.0


@pytest.mark.parametrize(
    ("colour", "name"),
    [
        ((200, 30, 40), "red"),
        ((30, 60, 180), "blue"),
        ((20, 25, 60), "blue"),
        ((40, 160, 60), "green"),
        ((245, 220, 60), "yellow"),
        ((240, 130, 30), "orange"),
        ((245, 245, 240), "white"),
        ((18, 18, 20), "black"),
        ((128, 128, 130), "grey"),
        ((110, 70, 45), "brown"),
        ((240, 160, 185), "pink"),
        ((120, 45, 160), "purple"),
        ((40, 180, 180), "turquoise"),
        ((215, 195, 160), "beige"),
    ],
)
def test_colours_have_their_names(colour: tuple[int, int, int], name: str) -> None:
    shares = np.tile(name_shares(np.tile(np.array(colour, np.uint8), (40, 1))), (5, 1))
    assert name_colours(shares) == (name,)


def shares_of(**counts: int) -> NDArray[np.float64]:
    colours = {"red": (200, 30, 40), "white": (245, 245, 245), "brown": (110, 70, 45), "orange": (240, 130, 30)}
    pixels = [np.tile(np.array(colours[name], np.uint8), (count, 1)) for name, count in counts.items()]
    return name_shares(np.concatenate(pixels))


def test_a_second_colour_is_named_and_a_shadow_is_not() -> None:
    assert name_colours(np.tile(shares_of(red=60, white=40), (3, 1))) == ("red", "white")
    assert name_colours(np.tile(shares_of(red=90, white=10), (3, 1))) == ("red",)
    assert name_colours(np.tile(shares_of(orange=60, brown=40), (3, 1))) == ("orange",)


def test_one_wrong_frame_changes_no_colour() -> None:
    shares = np.stack([shares_of(red=100)] * 4 + [shares_of(white=100)])
    assert name_colours(shares) == ("red",)
    assert name_colours(np.zeros((0, 13))) == ()


def path(x: float, y: float) -> NDArray[np.float64]:
    """From rest to (x, y) torso lengths away."""
    ease = np.clip((np.arange(FRAMES) - 20) / 20, 0, 1)
    return 200 + TORSO * np.stack([x * ease, y * ease], axis=-1)


SAME, UNKNOWN = np.full(FRAMES, 900.0), np.full(FRAMES, np.nan)


@pytest.mark.parametrize(
    ("x", "y", "motion"),
    [
        (0.0, 0.0, ("still",)),
        (0.5, 0.0, ("right",)),
        (-0.5, 0.1, ("left",)),
        (0.3, -0.8, ("up", "right")),
        (0.0, 0.4, ("down",)),
    ],
)
def test_a_path_has_its_directions(x: float, y: float, motion: tuple[str, ...]) -> None:
    assert motion_of(path(x, y), SAME, UNKNOWN, TORSO) == motion


def test_back_and_forth_is_about() -> None:
    middle = 200 + TORSO * np.stack([0.4 * np.sin(np.arange(FRAMES)), np.zeros(FRAMES)], axis=-1)
    assert motion_of(middle, SAME, UNKNOWN, TORSO) == ("about",)


def test_an_object_comes_nearer_only_with_the_hand() -> None:
    growing = np.geomspace(900, 2700, FRAMES)
    assert motion_of(path(0, 0), growing, np.linspace(1.2, 0.9, FRAMES), TORSO) == ("nearer",)
    assert motion_of(path(0, 0), growing[::-1], np.linspace(0.9, 1.2, FRAMES), TORSO) == ("farther",)
    assert motion_of(path(0, 0), growing, np.full(FRAMES, 1.2), TORSO) == ("still",)
    assert motion_of(path(0, 0), growing, UNKNOWN, TORSO) == ("still",)


def test_without_a_torso_nothing_is_said_of_motion() -> None:
    assert motion_of(path(1, 0), SAME, UNKNOWN, None) == ()


@settings(deadline=None)
@given(start=st.floats(-1.5, 1.5), turn=st.floats(-2.0, 2.0))
def test_an_axis_that_turns_is_tilted_wherever_it_starts(start: float, turn: float) -> None:
    angles = start + np.linspace(0, turn, FRAMES)
    wrapped = (angles + np.pi / 2) % np.pi - np.pi / 2
    if abs(turn) > 0.65:
        assert tilts(wrapped)
    elif abs(turn) < 0.5:
        assert not tilts(wrapped)


def test_a_bar_is_slim_and_has_a_direction() -> None:
    mask = np.zeros((100, 100), bool)
    mask[40:44, 20:60] = True
    shape = mask_shape(mask)
    assert shape.middle == (40.0, 42.0)
    assert shape.length == pytest.approx(40, abs=0.5)
    assert shape.slimness == pytest.approx(10, rel=0.05)
    assert shape.angle == pytest.approx(0, abs=1e-6)
    assert not shape.cut
    assert mask_shape(np.eye(30, dtype=bool)).cut
    assert mask_shape(np.array([[False, True], [False, False]])).area == 1


@pytest.mark.parametrize(
    ("left", "right", "found"),
    [
        (1.0, 0.0, ("left", None)),
        (0.3, 1.0, ("right", "left")),
        (0.9, 1.0, ("both", None)),
        (0.1, 0.2, (None, None)),
    ],
)
def test_who_holds(left: float, right: float, found: tuple[str | None, str | None]) -> None:
    touching = np.stack([np.arange(20) < 20 * left, np.arange(20) < 20 * right], axis=-1)
    assert holder(touching, CaptionConfig()) == found


def hand(*bends: float) -> NDArray[np.float64]:
    """(FRAMES, 21, 3): fingers side by side, each bent by an angle (radians) at both of its middle joints."""
    points = [np.zeros(3)]
    for finger, bend in enumerate(bends):
        place = np.array([0.02 * finger, 0.08, 0.0])
        points.append(place)
        for joint in range(3):
            angle = bend * joint
            place = place + 0.03 * np.array([0.0, np.cos(angle), np.sin(angle)])
            points.append(place)
    return np.tile(np.stack(points), (FRAMES, 1, 1))


EVERY = np.ones(FRAMES, bool)


def test_gestures() -> None:
    assert gesture_of(hand(0.2, 0.1, 0.1, 0.1, 0.2), EVERY) == "open"
    assert gesture_of(hand(0.5, 0.1, 1.3, 1.4, 1.4), EVERY) == "pointing"
    assert gesture_of(hand(0.5, 1.2, 1.2, 1.2, 1.2), EVERY) is None


def test_a_hand_that_was_hardly_seen_makes_no_gesture() -> None:
    seen = np.arange(FRAMES) < FRAMES // 5
    hands = hand(0.2, 0.1, 0.1, 0.1, 0.2)
    hands[~seen] = np.nan
    assert gesture_of(hands, seen) is None
