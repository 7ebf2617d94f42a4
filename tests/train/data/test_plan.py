"""The global order: properties that hold for any data set, batch, number of processes and position."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cointeract_train.data.config import DataConfig
from cointeract_train.data.loader import Slices
from cointeract_train.data.mixing import mixed, uniform
from cointeract_train.data.plan import Cover, Draw, Plan

Numbers = NDArray[np.int64]


@st.composite
def plans(draw: st.DrawFn, largest_batch: int = 12) -> tuple[Plan, int]:
    """A plan over some shards of uneven sizes and up to three groups, and its batch."""
    per_shard = draw(st.lists(st.integers(1, 9), min_size=1, max_size=8))
    shards = np.repeat(np.arange(len(per_shard)), per_shard)
    groups = np.array(draw(st.lists(st.integers(0, 2), min_size=len(shards), max_size=len(shards))))
    groups = np.unique(groups, return_inverse=True)[1]
    batch = draw(st.integers(1, largest_batch))
    window, seed = draw(st.integers(1, 4)), draw(st.integers(0, 2**40))
    return Plan(shards, groups, seed=seed, batch=batch, window_shards=window), batch


def drawn(plan: Plan, batches: int) -> list[Draw]:
    return [draw for number in range(batches) for draw in plan.batch(number)]


@settings(max_examples=60, deadline=None)
@given(plans())
def test_each_epoch_holds_every_sample_once(made: tuple[Plan, int]) -> None:
    plan, _ = made
    for epoch in range(3):
        assert sorted(plan.order(epoch)) == list(range(len(plan)))


@settings(max_examples=60, deadline=None)
@given(plans(), st.integers(1, 4))
def test_batches_take_every_sample_of_every_epoch_once_and_lose_none(made: tuple[Plan, int], epochs: int) -> None:
    plan, batch = made
    taken = Counter((draw.epoch, draw.sample) for draw in drawn(plan, plan.batches_before(epochs)))
    assert max(taken.values(), default=1) == 1
    waiting = len(plan) * epochs - sum(taken.values())
    # What an epoch leaves waits for the next one: less than a batch of each group.
    assert 0 <= waiting == sum(epochs * size % batch for size in plan.sizes)


@settings(max_examples=60, deadline=None)
@given(plans())
def test_what_an_epoch_leaves_over_comes_first_in_the_next(made: tuple[Plan, int]) -> None:
    plan, batch = made
    for group, size in enumerate(plan.sizes):
        sequence = [draw for number in range(2 * size // batch) for draw in plan.group_batch(group, number)]
        assert [draw.epoch for draw in sequence] == sorted(draw.epoch for draw in sequence)


@settings(max_examples=60, deadline=None)
@given(plans())
def test_a_batch_is_of_one_group_and_found_from_its_number_alone(made: tuple[Plan, int]) -> None:
    plan, batch = made
    batches = plan.batches_before(3)
    straight = [plan.batch(number) for number in range(batches)]
    for number in reversed(range(batches)):
        assert plan.batch(number) == straight[number]
        assert len(straight[number]) == batch
        assert len({int(plan.groups[draw.sample]) for draw in straight[number]}) == 1


@settings(max_examples=60, deadline=None)
@given(plans(), st.integers(1, 4), st.integers(1, 3), st.integers(1, 3))
def test_any_processes_passes_and_micro_batches_take_the_same_samples_in_the_same_order(
    made: tuple[Plan, int], ranks: int, accumulation: int, micro_batch: int
) -> None:
    plan, _ = made
    batch = ranks * accumulation * micro_batch
    plan = Plan(plan.shards, plan.groups, seed=1, batch=batch, window_shards=2)
    slices = [Slices(rank, ranks, micro_batch, accumulation) for rank in range(ranks)]
    dealt = []
    for turn in range(plan.batches_before(2) * accumulation):
        for one in slices:
            number, part = one.of(turn)
            dealt += plan.batch(number)[part]
    assert dealt == drawn(plan, plan.batches_before(2))


@settings(max_examples=60, deadline=None)
@given(plans(), st.integers(1, 12))
def test_positions_do_not_depend_on_the_batch(made: tuple[Plan, int], other: int) -> None:
    plan, _ = made
    resized = Plan(plan.shards, plan.groups, seed=plan.seed, batch=other, window_shards=plan.window_shards)
    for epoch in range(2):
        assert np.array_equal(plan.order(epoch), resized.order(epoch))
    for draw in drawn(resized, resized.batches_before(2)):
        assert plan.order(draw.epoch)[draw.position] == draw.sample


@settings(max_examples=60, deadline=None)
@given(plans())
def test_a_shard_is_read_within_one_window_of_the_order(made: tuple[Plan, int]) -> None:
    plan, _ = made
    in_order = plan.shards[plan.order(1)]
    begun: list[int] = []
    for shard in in_order:
        if shard not in begun:
            begun.append(int(shard))
    for place, shard in enumerate(begun):
        window = begun[place // plan.window_shards * plan.window_shards :][: plan.window_shards]
        span = np.flatnonzero(in_order == shard)
        assert set(in_order[span[0] : span[-1] + 1].tolist()) <= set(window)


def test_orders_differ_between_epochs_and_seeds() -> None:
    shards, groups = np.repeat(np.arange(10), 10), np.zeros(100, np.int64)
    orders = {
        tuple(Plan(shards, groups, seed=seed, batch=4, window_shards=3).order(epoch).tolist())
        for seed in range(3)
        for epoch in range(3)
    }
    assert len(orders) == 9


def test_the_order_is_what_it_has_always_been() -> None:
    # A saved position means this order: it may not change with a version of numpy or of this package.
    plan = Plan(np.repeat(np.arange(4), 3), np.zeros(12, np.int64), seed=7, batch=4, window_shards=2)
    assert plan.order(0).tolist() == [0, 11, 9, 1, 10, 2, 8, 5, 4, 6, 3, 7]
    assert int(mixed(1, 2, 3)[0]) == 15020427595393229491


def test_shuffling_favours_no_place() -> None:
    plan = Plan(np.repeat(np.arange(20), 5), np.zeros(100, np.int64), seed=0, batch=1, window_shards=20)
    places = np.array([np.argsort(plan.order(epoch)) for epoch in range(400)])
    # The mean of 400 uniform places has a deviation of 1.44; over 100 samples none is off by 5 of them.
    assert np.abs(places.mean(0) - 49.5).max() < 5 * 1.45


def test_a_group_smaller_than_a_batch_fills_it_over_several_epochs() -> None:
    plan = Plan(np.zeros(3, np.int64), np.zeros(3, np.int64), seed=0, batch=8, window_shards=1)
    first = plan.batch(0)
    assert [draw.epoch for draw in first] == [0, 0, 0, 1, 1, 1, 2, 2]
    assert plan.batches_before(8) == 3


@settings(max_examples=60, deadline=None)
@given(plans())
def test_a_cover_holds_every_sample_and_fills_its_last_batches(made: tuple[Plan, int]) -> None:
    plan, batch = made
    cover = Cover(plan, batch)
    draws = [draw for number in range(len(cover)) for draw in cover.batch(number)]
    first = Counter(draw.sample for draw in draws if draw.epoch == 0)
    assert first == Counter(range(len(plan)))
    assert len(draws) == sum(-(-size // batch) * batch for size in plan.sizes)


def test_a_batch_that_cannot_be_dealt_is_refused() -> None:
    config = DataConfig(root="x", global_batch=6, micro_batch=2)
    assert [config.accumulation(ranks) for ranks in (1, 3)] == [3, 1]
    with pytest.raises(
        ValueError, match=r"6 can't be dealt to 4 processes in micro batches of 2: give a multiple of 8"
    ):
        config.accumulation(4)


def test_uniform_numbers_are_uniform() -> None:
    numbers = np.array([uniform(1, 2, 4, position) for position in range(4000)])
    assert 0 <= numbers.min() < numbers.max() < 1
    counts = np.histogram(numbers, 10, (0, 1))[0]
    assert ((counts - 400) ** 2 / 400).sum() < 28  # chi squared with 9 degrees of freedom: 0.1% lie beyond
