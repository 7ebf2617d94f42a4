"""What the looks of the learned segmenter hand on: the object's own colours, and pieces grown from what is sure."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from cointeract_curation.stages.object.colours import BINS
from cointeract_curation.stages.object.evidence import Evidence
from cointeract_curation.stages.object.hand_boxes import GUESS_SCORE, _better
from cointeract_curation.stages.object.hands import Hands
from cointeract_curation.stages.object.learned import overlap
from cointeract_curation.stages.object.own_colours import own_colours
from cointeract_curation.stages.object.regions import held_regions
from cointeract_shards.records import TrackPoint

SHAPE = (60, 80)
PALM = 20.0
BOTTLE, WALL, MICROPHONE, SHIRT = 100, 2000, 4000, 5000
"""Colour bins far from one another."""


def scene(frames: int = 3) -> Evidence:
    """A hand in the middle; the object at its right and the microphone at its left; nothing moves."""
    apart = np.abs(np.arange(SHAPE[1]) - 40)[None, None, None].repeat(SHAPE[0], axis=2).repeat(frames, axis=0) / PALM
    near = np.concatenate([apart, np.full_like(apart, 99.0)], axis=1).astype(np.float32)
    bins = np.full((frames, *SHAPE), WALL, np.uint16)
    bins[:, 20:40, 42:60] = BOTTLE
    bins[:, 20:40, 20:38] = MICROPHONE
    flow = np.zeros((frames - 1, *SHAPE, 2), np.float32)
    hands = Hands(
        np.zeros((frames, 2, 21, 2), np.float32),
        np.array([[PALM, np.nan]] * frames, np.float32),
        np.array([[True, False]] * frames),
    )
    still = np.zeros((frames, *SHAPE), np.float32)
    return Evidence(
        {"with_hand": still},
        bins,
        np.zeros((frames, *SHAPE), np.uint8),
        hands,
        still.astype(np.uint8),
        near,
        flow,
        flow,
    )


def likely_where(evidence: Evidence, **chances: float) -> NDArray[np.float32]:
    places = {"bottle": BOTTLE, "microphone": MICROPHONE, "shirt": SHIRT}
    out = np.zeros(evidence.bins.shape, np.float32)
    for name, chance in chances.items():
        out[evidence.bins == places[name]] = chance
    return out


def test_what_is_likely_at_a_hand_gives_the_colours() -> None:
    evidence = scene()
    own = own_colours(evidence, likely_where(evidence, bottle=0.9), np.arange(3))
    assert own is not None
    assert own.shape == (BINS,)
    assert own[BOTTLE] > 100 * own[WALL]


def test_what_stands_still_while_the_hand_moves_counts_less() -> None:
    evidence = scene()
    chances = likely_where(evidence, bottle=0.9, microphone=0.9)
    evidence.channels["with_hand"][evidence.bins == MICROPHONE] = -1
    own = own_colours(evidence, chances, np.arange(3))
    assert own is not None
    assert own[BOTTLE] > 50 * own[MICROPHONE]


def test_colours_that_are_all_around_do_not_tell_the_object() -> None:
    evidence = scene()
    evidence.bins[:, 45:] = SHIRT
    chances = likely_where(evidence, bottle=0.9)
    chances[:, 40:48, 42:60] = 0.9  # a strip of the wall and one of the shirt are taken for the object
    own = own_colours(evidence, chances, np.arange(3))
    assert own is not None
    assert own[BOTTLE] > 20 * max(own[SHIRT], own[WALL])


def test_likely_things_far_from_any_hand_give_no_colours() -> None:
    evidence = scene()
    evidence.apart[:] += 1
    assert own_colours(evidence, likely_where(evidence, bottle=0.9), np.arange(3)) is None


def test_a_piece_grows_from_what_is_sure_to_what_is_possible() -> None:
    evidence = scene()
    chances = likely_where(evidence, bottle=0.3)
    assert not held_regions(chances, evidence, likely=0.25, sure=0.6).any()
    chances[:, 25, 45] = 0.7
    kept = held_regions(chances, evidence, likely=0.25, sure=0.6)
    assert (kept == (evidence.bins == BOTTLE)).all()


def test_a_neighbouring_frame_vouches_for_a_doubtful_piece() -> None:
    evidence = scene()
    chances = likely_where(evidence, bottle=0.3)
    chances[1, 25, 45] = 0.7
    kept = held_regions(chances, evidence, likely=0.25, sure=0.6)
    assert (kept == (evidence.bins == BOTTLE)).all()


def test_a_piece_away_from_the_hands_is_none() -> None:
    evidence = scene()
    chances = np.zeros(evidence.bins.shape, np.float32)
    chances[:, 5:15, 65:78] = 0.9
    assert not held_regions(chances, evidence).any()


def test_overlap_is_that_of_whole_clips() -> None:
    one, other = np.zeros((2, 4, 4), np.float32), np.zeros((2, 4, 4), np.float32)
    assert overlap(one, other) == 0
    one[0, :2], other[0, :1], other[1, :1] = 0.9, 0.8, 0.7
    assert overlap(one, other) == pytest.approx(1 / 3)


MESH = [10.0, 10.0, 30.0, 30.0]


@pytest.mark.parametrize(
    ("point", "box", "score"),
    [
        (None, (10, 10, 30, 30), GUESS_SCORE),
        (TrackPoint(box=(14, 10, 34, 30), score=0.9), (12, 10, 32, 30), 0.9),
        (TrackPoint(box=(50, 50, 60, 60), score=0.9), (50, 50, 60, 60), 0.9),
        (TrackPoint(box=(14, 10, 34, 30), score=0.2, interpolated=True), (12, 10, 32, 30), 0.2),
        (TrackPoint(box=(50, 50, 60, 60), score=0.2, interpolated=True), (10, 10, 30, 30), GUESS_SCORE),
    ],
    ids=["none", "seen", "seen elsewhere", "guessed", "guessed elsewhere"],
)
def test_boxes_of_people_and_mesh_make_one(point: TrackPoint | None, box: tuple[float, ...], score: float) -> None:
    better = _better(point, MESH)
    assert better is not None
    assert better.box == box
    assert better.score == score
