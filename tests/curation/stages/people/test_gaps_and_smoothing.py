from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cointeract_curation.stages.people.gaps import INTERPOLATED_SCORE, Samples, fill, keep_plausible
from cointeract_curation.stages.people.records import Float, Source
from cointeract_curation.stages.people.smooth import runs, smooth

COUNT = 81
SIZE = 100.0


def samples_at(frames: list[int], centres: Float | None = None) -> Samples:
    """Four corners of a square around a middle that moves 3 pixels a frame."""
    middle = np.array([[3.0 * frame, 400.0] for frame in frames]).reshape(-1, 2) if centres is None else centres
    corners = np.array([[-0.5, -0.5], [0.5, -0.5], [-0.5, 0.5], [0.5, 0.5]]) * SIZE
    return Samples(
        frames=np.array(frames, np.int64),
        points=middle[:, None, :] + corners,
        scores=np.full(len(frames), 0.9),
        sources=np.full(len(frames), Source.DETECTED, np.uint8),
    )


@settings(deadline=None)
@given(frames=st.sets(st.integers(0, COUNT - 1)), max_gap=st.integers(1, 12))
def test_every_frame_is_detected_or_marked_as_interpolated_or_empty(frames: set[int], max_gap: int) -> None:
    known = sorted(frames)
    filled = fill(samples_at(known), COUNT, max_gap)
    present = np.isfinite(filled.points).all(axis=(1, 2))
    for frame in range(COUNT):
        before = [k for k in known if k < frame]
        after = [k for k in known if k > frame]
        bridged = bool(before and after) and after[0] - before[-1] - 1 <= max_gap
        expected = Source.DETECTED if frame in frames else Source.INTERPOLATED if bridged else Source.NONE
        assert filled.sources[frame] == expected
        assert present[frame] == (expected != Source.NONE)
        assert (
            filled.scores[frame]
            == {Source.DETECTED: 0.9, Source.INTERPOLATED: 0.9 * INTERPOLATED_SCORE, Source.NONE: 0.0}[expected]
        )


def test_a_steady_motion_is_bridged_exactly() -> None:
    filled = fill(samples_at([0, 4, 8, 9, 80]), COUNT, 8)
    np.testing.assert_allclose(filled.points[:10], samples_at(list(range(10))).points)
    assert np.isnan(filled.points[10:80]).all()


def test_a_gap_follows_the_wrist_where_it_is_known() -> None:
    anchor = np.zeros((COUNT, 2))
    anchor[3:6] = [[0.0, 30.0], [0.0, 40.0], [0.0, 30.0]]
    still = np.tile([[200.0, 300.0]], (2, 1))
    filled = fill(samples_at([2, 6], still), COUNT, 8, anchor)
    np.testing.assert_allclose(filled.points[4].mean(axis=0), [200.0, 340.0])


def test_a_wrist_that_strays_or_vanishes_is_not_followed() -> None:
    still = np.tile([[200.0, 300.0]], (2, 1))
    for bad in (4.0 * SIZE, np.nan):
        anchor = np.zeros((COUNT, 2))
        anchor[4] = [0.0, bad]
        filled = fill(samples_at([2, 6], still), COUNT, 8, anchor)
        np.testing.assert_allclose(filled.points[4].mean(axis=0), [200.0, 300.0])


@settings(deadline=None)
@given(at=st.integers(1, 39), angle=st.floats(0, 6.28), leap=st.floats(1.6, 6.0))
def test_a_single_leap_away_and_back_is_dropped_and_nothing_else(at: int, angle: float, leap: float) -> None:
    frames = list(range(0, COUNT, 2))
    centres = np.array([[300.0 + 4.0 * np.sin(frame / 5), 400.0] for frame in frames])
    if at == len(frames) - 1:
        return
    centres[at] += (leap + 0.1) * SIZE * np.array([np.cos(angle), np.sin(angle)])
    keep = keep_plausible(samples_at(frames, centres), np.full(len(frames), SIZE))
    assert np.flatnonzero(~keep).tolist() == [at]


def test_a_hand_that_goes_and_stays_is_kept() -> None:
    frames = list(range(0, COUNT, 2))
    centres = np.array([[300.0 if frame < 40 else 600.0, 400.0] for frame in frames])
    assert keep_plausible(samples_at(frames, centres), np.full(len(frames), SIZE)).all()


@settings(max_examples=30, deadline=None)
@given(a=st.floats(-1, 1), b=st.floats(-10, 10), c=st.floats(-500, 500), window=st.sampled_from([1, 5, 7, 9]))
def test_smoothing_neither_delays_nor_shrinks_a_quadratic_motion(a: float, b: float, c: float, window: int) -> None:
    times = np.arange(COUNT, dtype=np.float64)
    path = np.stack([a * times**2 + b * times + c, c - b * times], axis=1)
    np.testing.assert_allclose(smooth(path, window), path, atol=1e-6)


@settings(deadline=None)
@given(present=st.lists(st.booleans(), min_size=COUNT, max_size=COUNT), seed=st.integers(0, 99))
def test_smoothing_keeps_empty_frames_empty_and_present_ones_near(present: list[bool], seed: int) -> None:
    values = np.random.default_rng(seed).uniform(0, 10, (COUNT, 3, 2))
    values[~np.array(present)] = np.nan
    result = smooth(values, 7)
    assert (np.isfinite(result).all(axis=(1, 2)) == np.array(present)).all()
    assert np.nanmax(np.abs(result), initial=0.0) < 30.0


def test_smoothing_does_not_see_across_a_gap() -> None:
    values = np.concatenate([np.zeros(40), [np.nan], np.full(40, 100.0)])[:, None]
    result = smooth(values, 7)
    np.testing.assert_allclose(result[:40], 0.0, atol=1e-9)
    np.testing.assert_allclose(result[41:], 100.0, atol=1e-9)


def test_smoothing_reduces_jitter() -> None:
    noise = np.random.default_rng(3).normal(0, 2, (COUNT, 2))
    assert smooth(noise, 7).std() < 0.75 * noise.std()


def test_runs_are_the_unbroken_stretches() -> None:
    assert list(runs(np.array([True, True, False, True]))) == [(0, 2), (3, 4)]
    assert list(runs(np.zeros(4, bool))) == []
