from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cointeract_curation.stages.people.assign import HandSides, assign_sides
from cointeract_curation.stages.people.records import Body, Float, Hand, Side
from tests.curation.stages.people.people_made_up import WIDTH, make_body, make_hand

FRAMES = list(range(0, 81, 2))
LEFT_HOME, RIGHT_HOME = np.array([520.0, 640.0]), np.array([200.0, 640.0])


def crossing_paths(cross_at: float, rise: float) -> tuple[Float, Float]:
    """Left and right hand middles (frames, 2): they pass over to the other half and stay there."""
    times = np.array(FRAMES, np.float64)
    part = 1.0 / (1.0 + np.exp(-(times - cross_at) / 5.0))[:, None]
    left = LEFT_HOME * (1.0 - part) + (RIGHT_HOME + np.array([0.0, rise])) * part
    right = RIGHT_HOME * (1.0 - part) + (LEFT_HOME - np.array([0.0, rise])) * part
    return left, right


def sides(hands: list[list[Hand]], bodies: list[Body | None]) -> HandSides:
    return assign_sides(FRAMES, hands, bodies, [set[int]() for _ in FRAMES])


def truth(first_is_left: list[bool]) -> list[tuple[int, int]]:
    return [(0, 1) if first else (1, 0) for first in first_is_left]


@settings(max_examples=12, deadline=None)
@given(
    cross_at=st.floats(25.0, 55.0),
    rise=st.floats(40.0, 120.0) | st.floats(-120.0, -40.0),
    order=st.lists(st.booleans(), min_size=41, max_size=41),
    wrong=st.sets(st.integers(0, 40), max_size=8),
)
def test_crossing_hands_keep_their_sides_through_wrong_labels_and_any_order_of_detections(
    cross_at: float, rise: float, order: list[bool], wrong: set[int]
) -> None:
    left, right = crossing_paths(cross_at, rise)
    hands, bodies = [], []
    for t in range(len(FRAMES)):
        labels = (Side.RIGHT, Side.LEFT) if t in wrong else (Side.LEFT, Side.RIGHT)
        pair = [make_hand(left[t], labels[0]), make_hand(right[t], labels[1])]
        hands.append(pair if order[t] else pair[::-1])
        bodies.append(make_body(left[t], right[t]))
    found = sides(hands, bodies)
    assert list(found.choices) == truth(order)
    assert found.corrected == 2 * len(wrong)


def test_hands_that_meet_in_one_place_are_told_apart_by_their_labels() -> None:
    left, right = crossing_paths(34.0, 0.0)
    hands = [[make_hand(a, Side.LEFT), make_hand(b, Side.RIGHT)] for a, b in zip(left, right, strict=True)]
    hands[17].reverse()
    found = sides(hands, [make_body(a, b) for a, b in zip(left, right, strict=True)])
    assert list(found.choices) == truth([t != 17 for t in range(len(FRAMES))])


def test_hands_far_apart_keep_their_sides_without_a_body_though_a_third_of_the_labels_is_wrong() -> None:
    rng = np.random.default_rng(1)
    hands = []
    for _ in FRAMES:
        labels = [Side.RIGHT, Side.LEFT] if rng.uniform() < 0.33 else [Side.LEFT, Side.RIGHT]
        hands.append(
            [
                make_hand(LEFT_HOME + rng.normal(0, 6, 2), labels[0]),
                make_hand(RIGHT_HOME + rng.normal(0, 6, 2), labels[1]),
            ]
        )
    assert list(sides(hands, [None] * len(FRAMES)).choices) == [(0, 1)] * len(FRAMES)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_no_hand_serves_both_sides_whatever_is_detected(data: st.DataObject) -> None:
    point = st.tuples(st.floats(0, 720), st.floats(0, 1280))
    hands, bodies = [], []
    few = FRAMES[:12]
    for _ in few:
        seen = data.draw(st.lists(st.tuples(point, st.sampled_from(Side), st.floats(0.5, 1.0)), max_size=4))
        hands.append([make_hand(np.array(place), side, certainty) for place, side, certainty in seen])
        bodies.append(make_body(LEFT_HOME, RIGHT_HOME) if data.draw(st.booleans()) else None)
    found = assign_sides(few, hands, bodies, [set[int]() for _ in few])
    for choice, seen_hands in zip(found.choices, hands, strict=True):
        used = [index for index in choice if index is not None]
        assert len(used) == len(set(used))
        assert all(index < len(seen_hands) for index in used)


@settings(max_examples=10, deadline=None)
@given(cross_at=st.floats(25.0, 55.0), rise=st.floats(40.0, 120.0))
def test_a_mirrored_clip_swaps_the_sides(cross_at: float, rise: float) -> None:
    left, right = crossing_paths(cross_at, rise)

    def mirror(points: Float) -> Float:
        return np.array([WIDTH - points[0], points[1]])

    straight = sides(
        [[make_hand(a, Side.LEFT), make_hand(b, Side.RIGHT)] for a, b in zip(left, right, strict=True)],
        [make_body(a, b) for a, b in zip(left, right, strict=True)],
    )
    mirrored = sides(
        [[make_hand(mirror(a), Side.RIGHT), make_hand(mirror(b), Side.LEFT)] for a, b in zip(left, right, strict=True)],
        [make_body(mirror(b), mirror(a)) for a, b in zip(left, right, strict=True)],
    )
    assert [choice[::-1] for choice in mirrored.choices] == list(straight.choices)


def test_a_hand_that_disappears_for_a_while_comes_back_on_its_side_though_its_label_has_flipped() -> None:
    hands: list[list[Hand]] = []
    for frame in FRAMES:
        if 20 <= frame < 24:
            hands.append([])
        else:
            hands.append([make_hand(LEFT_HOME, Side.LEFT if frame < 20 or frame > 34 else Side.RIGHT, 0.8)])
    found = sides(hands, [None] * len(FRAMES))
    assert all(choice in ((0, None), (None, None)) for choice in found.choices)
    assert found.switches == 0


def test_another_persons_hand_is_nobodys_side() -> None:
    stranger = np.array([40.0, 1200.0])
    hands = [[make_hand(stranger, Side.LEFT), make_hand(RIGHT_HOME, Side.RIGHT)] for _ in FRAMES]
    found = sides(hands, [make_body(LEFT_HOME, RIGHT_HOME)] * len(FRAMES))
    assert list(found.choices) == [(None, 1)] * len(FRAMES)
    assert found.others == len(FRAMES)


def test_a_clip_without_hands_has_none() -> None:
    found = sides([[] for _ in FRAMES], [None] * len(FRAMES))
    assert list(found.choices) == [(None, None)] * len(FRAMES)
    assert (found.corrected, found.switches, found.others) == (0, 0, 0)
