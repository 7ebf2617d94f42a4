"""Coordinates of Fig. 2(b)."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cointeract_model import positions
from cointeract_model.errors import InputError
from cointeract_model.grid import Grid
from cointeract_model.rope import pairs_of_axes, rotary_table, rotate

sizes = st.integers(4, 40).map(lambda half: 2 * half)
grids = st.builds(Grid, st.integers(1, 30), sizes, sizes)


@settings(deadline=None, max_examples=50)
@given(grids)
def test_hoi_lies_left_of_rgb_by_the_stated_offset_and_nothing_else(grid: Grid) -> None:
    target = positions.target_positions(grid)
    assert (positions.hoi_positions(grid, "paper") - target == [0, 0, -grid.columns]).all()
    assert (positions.hoi_positions(grid, "release") - target == [0, 0, 1024 - grid.columns]).all()


@settings(deadline=None, max_examples=50)
@given(grids)
def test_no_two_tokens_of_a_clip_share_a_place(grid: Grid) -> None:
    near = grid.motion_shapes[0]
    parts = [
        positions.target_positions(grid),
        positions.hoi_positions(grid, "paper"),
        positions.person_positions(grid),
        positions.product_positions(grid),
        positions.motion_positions(grid)[: near[0] * near[1] * near[2]],
    ]
    places = np.concatenate(parts)
    assert len(np.unique(places, axis=0)) == len(places)


@settings(deadline=None, max_examples=50)
@given(grids)
def test_motion_lies_before_the_target_and_references_far_after(grid: Grid) -> None:
    motion = positions.motion_positions(grid)
    assert len(motion) == grid.motion_tokens
    assert sorted(set(motion[:, 0].tolist())) == [-19, -14, -9, -4, -3, -1]
    assert motion[:, 1:].min() == 0
    assert (motion[:, 1:].max(0) < [grid.rows, grid.columns]).all()
    assert set(positions.person_positions(grid)[:, 0].tolist()) == {30}
    assert set(positions.product_positions(grid)[:, 0].tolist()) == {31}


def test_packed_motion_spreads_over_all_rows_truncated() -> None:
    grid = Grid(frames=20, height=16, width=16)
    rows = {time: sorted(set(motion[:, 1].tolist())) for time, motion in _by_time(grid).items()}
    assert rows[-1] == list(range(8))
    assert rows[-3] == [0, 2, 4, 7]
    assert rows[-19] == [0, 7]


def _by_time(grid: Grid) -> dict[int, np.ndarray]:
    motion = positions.motion_positions(grid)
    return {int(time): motion[motion[:, 0] == time] for time in np.unique(motion[:, 0])}


@pytest.mark.parametrize(
    ("scale", "rows"), [(1.0, [0, 1, 2, 3, 4, 5, 6, 7]), (0.7, [0, 0, 1, 2, 2, 3, 4, 5]), (0.01, [0] * 8)]
)
def test_a_scaled_product_covers_its_share_of_the_rows(scale: float, rows: list[int]) -> None:
    product = positions.product_positions(Grid(frames=20, height=16, width=2), scale)
    assert product[:, 1].tolist() == rows


def test_places_that_cannot_be_are_refused() -> None:
    for scale in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(InputError, match=f"product scale {scale}"):
            positions.product_positions(Grid(20, 16, 16), scale)
    with pytest.raises(InputError, match="31 target latents reach time 30"):
        positions.target_positions(Grid(31, 16, 16))


def test_a_head_of_128_turns_22_pairs_with_time_and_21_with_row_and_column() -> None:
    assert pairs_of_axes(128) == (22, 21, 21)
    assert pairs_of_axes(12) == (2, 2, 2)


places = st.tuples(*[st.integers(-1024, 1024)] * 3)


@settings(deadline=None, max_examples=50)
@given(places, places, places, st.integers(0, 100))
def test_attention_depends_on_the_difference_of_positions_only(
    first: tuple, second: tuple, moved: tuple, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    query, key = torch.randn(2, 1, 1, 1, 16, generator=generator)

    def score(one: np.ndarray, other: np.ndarray) -> torch.Tensor:
        turned = rotate(query, rotary_table(one[None, None], 16)), rotate(key, rotary_table(other[None, None], 16))
        return (turned[0] * turned[1]).sum()

    one, other, by = np.array(first), np.array(second), np.array(moved)
    torch.testing.assert_close(score(one, other), score(one + by, other + by), rtol=1e-4, atol=1e-4)


def test_a_turn_is_that_of_a_complex_number() -> None:
    head = torch.randn(1, 1, 2, 8, dtype=torch.float64).float()
    table = rotary_table(np.array([[[3, -2, 5]]]), 8)
    first, second = head[..., 0], head[..., 1]
    turned = rotate(head, table)
    torch.testing.assert_close(turned[..., 0], first * np.cos(3) - second * np.sin(3))
    torch.testing.assert_close(turned[..., 1], first * np.sin(3) + second * np.cos(3))
    assert table.dtype == torch.float32
