from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.quality.measures import (
    Counts,
    auc,
    box_iou,
    box_recall,
    count_answers,
    false_boxes,
    jitter,
    joint_errors,
    mask_iou,
    mask_iou_outside,
    matched_iou,
    mean,
    swapped,
    torso_length,
)

NONE = [np.nan] * 4


def block(x1: int, y1: int, x2: int, y2: int) -> np.ndarray:
    mask = np.zeros((20, 20), bool)
    mask[y1:y2, x1:x2] = True
    return mask


def test_half_an_overlap_of_masks() -> None:
    assert mask_iou(block(0, 0, 10, 10), block(5, 0, 15, 10)) == pytest.approx(50 / 150)


def test_a_mask_against_nothing_is_wrong_and_nothing_against_nothing_says_nothing() -> None:
    assert mask_iou(block(0, 0, 3, 3), None) == 0.0
    assert mask_iou(None, block(0, 0, 3, 3)) == 0.0
    assert math.isnan(mask_iou(None, None))
    assert math.isnan(mask_iou(block(0, 0, 0, 0), block(0, 0, 0, 0)))


def test_ignored_pixels_count_on_neither_side() -> None:
    assert mask_iou_outside(block(0, 0, 10, 10), block(0, 0, 5, 10), block(5, 0, 20, 20)) == 1.0


def test_overlap_of_boxes_with_missing_ones() -> None:
    predicted = np.array([[0, 0, 10, 10], [0, 0, 10, 10], NONE, NONE])
    true = np.array([[0, 0, 10, 5], NONE, [0, 0, 1, 1], NONE])
    assert box_iou(predicted, true)[:3].tolist() == [0.5, 0.0, 0.0]
    assert math.isnan(box_iou(predicted, true)[3])
    assert box_recall(predicted, true)[[0, 2]].tolist() == [1.0, 0.0]
    assert np.isnan(box_recall(predicted, true)[[1, 3]]).all()
    assert matched_iou(predicted, true)[2] == 0.0
    assert np.isnan(matched_iou(predicted, true)[[1, 3]]).all()
    assert false_boxes(predicted, true)[[1, 3]].tolist() == [1.0, 0.0]
    assert np.isnan(false_boxes(predicted, true)[[0, 2]]).all()


box = st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(1, 40), st.integers(1, 40)).map(
    lambda b: [b[0], b[1], b[0] + b[2], b[1] + b[3]]
)


@given(first=box, second=box)
def test_overlap_of_boxes_is_that_of_their_masks(first: list[int], second: list[int]) -> None:
    masks = []
    for x1, y1, x2, y2 in (first, second):
        mask = np.zeros((100, 100), bool)
        mask[y1:y2, x1:x2] = True
        masks.append(mask)
    overlap = box_iou(np.array([first], float), np.array([second], float))[0]
    assert overlap == pytest.approx(mask_iou(*masks))


def test_a_box_on_the_other_hand_is_a_swap_and_one_on_nothing_is_not() -> None:
    left, right, far = [0, 0, 10, 10], [50, 0, 60, 10], [90, 90, 99, 99]
    true = np.array([[left, right]] * 4, float)
    predicted = np.array([[left, right], [right, left], [far, NONE], [left, left]], float)
    found = swapped(predicted, true)
    assert found[0].tolist() == [0, 0]
    assert found[1].tolist() == [1, 1]
    assert np.isnan(found[2]).all()
    assert found[3].tolist() == [0, 1]


def test_a_box_on_two_hands_that_lie_together_is_no_swap() -> None:
    true = np.array([[[0, 0, 10, 10], [1, 0, 11, 10]]], float)
    assert swapped(true[:, ::-1], true).tolist() == [[1, 1]] or swapped(true[:, ::-1], true).tolist() == [[0, 0]]
    close = np.array([[[0.4, 0, 10.4, 10], [0.6, 0, 10.6, 10]]], float)
    assert swapped(close, true).tolist() == [[0, 0]]


def test_errors_are_shares_of_the_torso_and_only_visible_joints_count() -> None:
    shoulders = np.array([[[0, 0], [20, 0]]] * 2, float)
    hips = shoulders + np.array([0, 100])
    torso = torso_length(shoulders, hips)
    assert torso == 100
    true = np.zeros((2, 3, 2))
    predicted = true + np.array([3, 4])
    visible = np.array([[True, False, True], [True, True, True]])
    errors = joint_errors(predicted, true, visible, torso)
    assert mean(errors) == pytest.approx(0.05)
    assert np.isnan(errors[0, 1])


def test_a_constant_offset_does_not_jitter_and_a_shake_does() -> None:
    true = np.cumsum(np.ones((9, 2, 2)), axis=0)
    assert np.abs(jitter(true + 7, true, 10)).max() < 1e-12
    shaken = true.copy()
    shaken[4] += [0, 5]
    assert jitter(shaken, true, 10)[3].tolist() == [1.0, 1.0]


def test_f1_over_clips_comes_from_sums() -> None:
    first = count_answers(np.array([True, True, False, False]), np.array([True, False, True, False]))
    assert first == Counts(1, 1, 1, 1)
    both = first + Counts(true_positive=3)
    assert (both.precision, both.recall) == (0.8, 0.8)
    assert both.f1 == pytest.approx(0.8)
    assert math.isnan(Counts(true_negative=4).f1)


def test_auc_counts_pairs() -> None:
    assert auc(np.array([0.9, 0.8]), np.array([0.1, 0.2])) == 1.0
    assert auc(np.array([0.5]), np.array([0.5])) == 0.5
    assert auc(np.array([0.4, 0.6]), np.array([0.5])) == 0.5
    assert math.isnan(auc(np.array([]), np.array([0.5])))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_auc_turns_around_with_its_sides(good: list[float], bad: list[float]) -> None:
    assert auc(np.array(good), np.array(bad)) == pytest.approx(1 - auc(np.array(bad), np.array(good)))


def test_a_mean_of_nothing_is_nothing() -> None:
    assert math.isnan(mean(np.array([np.nan])))
    assert mean(np.array([1.0, np.nan, 3.0])) == 2.0
