"""Filling, cutting out, laying out and choosing, each on a picture whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cointeract_curation.stages.references.config import ReferencesConfig
from cointeract_curation.stages.references.fit import Spare, fit_to
from cointeract_curation.stages.references.layout import lay_out
from cointeract_curation.stages.references.matte import matte
from cointeract_curation.stages.references.patch_fill import fill_by_patches
from cointeract_curation.stages.references.protocol import Made
from cointeract_curation.stages.references.pull_push import fill_smoothly
from cointeract_curation.stages.references.rank import RankedFrame, spaced
from cointeract_curation.stages.references.remake import remake
from cointeract_curation.triplet.axes import Axis, Judged
from tests.curation.triplet.scenes import mottled_wall


def test_patches_continue_a_pattern_into_a_hole() -> None:
    rows, columns = np.mgrid[:80, :80]
    picture = np.repeat((((rows // 5 + columns // 5) % 2) * 200 + 20).astype(np.uint8)[..., None], 3, axis=2)
    hole = np.zeros((80, 80), bool)
    hole[30:52, 28:50] = True
    broken = np.where(hole[..., None], np.uint8(0), picture)
    filled = fill_by_patches(broken, hole, ~hole)
    assert (filled[~hole] == picture[~hole]).all()
    assert np.abs(filled[hole].astype(int) - picture[hole]).mean() < 25
    assert (fill_by_patches(broken, hole, ~hole) == filled).all()


def test_without_sources_a_hole_is_continued_smoothly() -> None:
    picture = np.full((40, 40, 3), 90, np.uint8)
    hole = np.zeros((40, 40), bool)
    hole[10:30, 10:30] = True
    picture[hole] = 255
    assert np.abs(fill_by_patches(picture, hole, np.zeros_like(hole)).astype(int) - 90).max() <= 1


@given(st.integers(3, 40), st.integers(3, 40), st.integers(0, 2**31))
def test_smooth_continuation_keeps_what_is_known_and_stays_between_its_bounds(
    height: int, width: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    values = random.uniform(-5, 5, (height, width, 2)).astype(np.float32)
    known = random.random((height, width)) < 0.3
    filled = fill_smoothly(values * known[..., None], known.astype(np.float32))
    assert np.allclose(filled[known], values[known], atol=1e-5)
    if known.any():
        assert filled.min() >= min(values[known].min(), 0) - 1e-3
        assert filled.max() <= max(values[known].max(), 0) + 1e-3


def test_a_matte_takes_the_background_out_of_the_edge() -> None:
    rows, columns = np.mgrid[:60, :60]
    share = np.clip(20 - np.hypot(rows - 30, columns - 30) + 0.5, 0, 1)
    red, green = np.array([200.0, 20, 20]), np.array([20.0, 200, 20])
    picture = np.rint(share[..., None] * red + (1 - share[..., None]) * green).astype(np.uint8)
    alpha, colours = matte(picture, share > 0.5)
    assert np.abs(alpha - share).mean() < 0.01
    edge = (alpha > 0.2) & (alpha < 0.9)
    assert edge.any()
    assert np.abs(colours[edge] - red).max() < 12


@given(st.integers(4, 60), st.integers(4, 60), st.integers(20, 90), st.integers(20, 90))
def test_a_product_lies_in_the_middle_of_white(height: int, width: int, rows: int, columns: int) -> None:
    alpha = np.zeros((height + 4, width + 4), np.float32)
    alpha[2:-2, 2:-2] = 1
    colours = np.full((*alpha.shape, 3), 60, np.float32)
    picture, enlargement = lay_out(alpha, colours, (rows, columns))
    assert picture.shape == (rows, columns, 3)
    dark = (picture < 128).all(axis=2)
    assert dark.any()
    found = np.argwhere(dark)
    assert np.abs((found.min(axis=0) + found.max(axis=0) + 1) / 2 - np.array([rows, columns]) / 2).max() <= 1.5
    assert 0 < enlargement <= 2
    with pytest.raises(ValueError, match="empty"):
        lay_out(np.zeros_like(alpha), colours, (rows, columns))


@given(st.integers(1, 50), st.integers(1, 50), st.integers(1, 50), st.integers(1, 50), st.sampled_from(list(Spare)))
def test_a_picture_is_brought_to_any_size(height: int, width: int, rows: int, columns: int, spare: Spare) -> None:
    picture = np.full((height, width, 3), 7, np.uint8)
    fitted = fit_to(picture, (rows, columns), spare)
    assert fitted.shape == (rows, columns, 3)
    if spare is Spare.CUT_OFF:
        assert (fitted == 7).all()
    else:
        assert set(np.unique(fitted)) <= {7, 255}
        assert (fitted == 7).any()


def test_a_picture_of_the_right_size_is_left_alone() -> None:
    picture = mottled_wall(30, 20)
    for spare in Spare:
        assert (fit_to(picture, (30, 20), spare) == picture).all()


def attempt(values: list[float | None], retry_below: dict[Axis, float]) -> tuple[int, int]:
    """Which attempt is kept and how many were made, for the values of one axis."""
    frames = [RankedFrame(index, 1.0, {}) for index in range(len(values))]
    chosen = remake(
        frames,
        lambda _: Made(np.zeros((1, 1, 3), np.uint8)),
        lambda frame, _: {Axis.PRODUCT_SAME: Judged(values[frame], "")},
        retry_below,
    )
    return chosen.index, len(chosen.attempts)


def test_a_reference_is_made_again_until_one_passes() -> None:
    limits = {Axis.PRODUCT_SAME: 0.5}
    assert attempt([0.9, 0.1], limits) == (0, 1)
    assert attempt([0.1, 0.5, 0.9], limits) == (1, 2)
    assert attempt([0.2, 0.4, 0.3], limits) == (1, 3)
    assert attempt([0.3, 0.3], limits) == (0, 2)
    assert attempt([None, 0.9], limits) == (0, 1)
    assert attempt([0.1, 0.9], {}) == (0, 1)


def test_attempts_keep_their_distance() -> None:
    ranked = [RankedFrame(frame, 1.0, {}) for frame in (10, 11, 30, 14, 18)]
    assert [item.frame for item in spaced(ranked, 3, 8)] == [10, 30, 18]


def test_only_what_another_frame_can_better_is_asked_of_the_loop() -> None:
    with pytest.raises(ValueError, match="plausible_size"):
        ReferencesConfig(retry_below={Axis.PLAUSIBLE_SIZE: 0.5})
    assert ReferencesConfig.model_validate({"retry_below": {"identity": 0.7}}).retry_below == {Axis.IDENTITY: 0.7}
