"""Shots and windows from a detector's signal."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cointeract_curation.stages.shots import SpanSignal
from cointeract_curation.stages.split import SplitConfig, SplitResult, split_windows
from tests.curation.media.test_timeline import RATES, constant, variable


def transitions(
    count: int, *runs: tuple[int, int], missing: tuple[int, ...] = (), resized: tuple[int, ...] = ()
) -> SpanSignal:
    """A TransNetV2 signal that is sure within the runs ``(first, end)`` and sure of nothing elsewhere."""
    values = np.full(count, 0.01, dtype=np.float32)
    for first, end in runs:
        values[first:end] = 0.9
    flags = [np.isin(np.arange(count), frames) for frames in (missing, resized)]
    return SpanSignal("transnetv2", 0, count, values, *flags)


def limits(result: SplitResult) -> list[tuple[int, int]]:
    return [(shot.source_first, shot.source_end) for shot in result.shots]


def test_a_hard_cut_begins_the_new_shot_after_the_probable_frame() -> None:
    result = split_windows(SplitConfig(), constant(500, Fraction(25)), [transitions(500, (239, 240))])
    assert limits(result) == [(0, 240), (240, 500)]


def test_the_most_probable_of_neighbouring_frames_is_the_cut() -> None:
    signal = transitions(500, (238, 241))
    signal.values[239] = 0.99
    assert limits(split_windows(SplitConfig(), constant(500, Fraction(25)), [signal])) == [(0, 240), (240, 500)]


def test_the_frames_of_a_gradual_transition_belong_to_no_shot() -> None:
    result = split_windows(SplitConfig(), constant(500, Fraction(25)), [transitions(500, (200, 220))])
    assert limits(result) == [(0, 201), (220, 500)]


def test_damaged_frames_and_a_new_picture_size_end_a_shot() -> None:
    signal = transitions(600, missing=(200, 201), resized=(400,))
    result = split_windows(SplitConfig(), constant(600, Fraction(25)), [signal])
    assert limits(result) == [(0, 200), (202, 400), (400, 600)]
    assert result.scores["frames_missing"] == 2
    assert result.scores["size_changes"] == 1


def test_a_gap_in_time_ends_a_shot_where_its_last_frame_would_leave_the_display() -> None:
    timeline = variable([40] * 99 + [2000] + [40] * 99)
    result = split_windows(SplitConfig(), timeline, [transitions(200)])
    assert limits(result) == [(0, 100), (100, 200)]
    assert (result.shots[0].end, result.shots[1].first) == (100, 149)


def test_an_adaptive_cut_needs_to_stand_out_from_its_neighbours() -> None:
    values = np.full(400, 12.0, dtype=np.float32)
    values[0] = 0.0
    values[150] = 80.0  # a cut
    values[250:256] = 40.0  # fast motion: large, but not alone
    flags = np.zeros(400, dtype=np.bool_)
    signal = SpanSignal("pyscenedetect", 0, 400, values, flags, flags)
    assert limits(split_windows(SplitConfig(), constant(400, Fraction(25)), [signal])) == [(0, 150), (150, 400)]


def test_the_first_window_has_no_motion_and_the_next_have_the_frames_directly_before() -> None:
    result = split_windows(SplitConfig(margin_frames=3), constant(500, Fraction(25)), [transitions(500, (249, 250))])
    assert [(window.first, window.motion_frames, window.shot) for window in result.windows] == [
        (0, 0, 0), (81, 73, 0), (162, 73, 0), (253, 0, 1), (334, 73, 1), (415, 73, 1),
    ]  # fmt: skip


def test_every_window_has_motion_where_the_recipe_asks_for_it() -> None:
    config = SplitConfig(first_window_without_motion=False)
    result = split_windows(config, constant(235, Fraction(25)), [transitions(235)])
    assert [(window.first, window.motion_frames) for window in result.windows] == [(73, 73), (154, 73)]


def test_a_source_without_a_window_is_no_error() -> None:
    result = split_windows(SplitConfig(), constant(80, Fraction(25)), [transitions(80)])
    assert (result.scores["windows"], result.scores["shots_too_short"]) == (0, 1)


def test_signals_that_leave_frames_out_are_refused() -> None:
    signal = transitions(100)
    with pytest.raises(ValueError, match="exactly once"):
        split_windows(SplitConfig(), constant(120, Fraction(25)), [signal])


@settings(deadline=None, max_examples=50)
@given(
    st.integers(1, 1500),
    st.sampled_from(RATES[:-1]),
    st.lists(st.tuples(st.integers(0, 1499), st.integers(1, 12)), max_size=6),
    st.lists(st.integers(0, 1499), max_size=5),
    st.integers(0, 10),
    st.integers(1, 120),
    st.booleans(),
)
def test_a_window_lies_with_its_motion_inside_one_shot_away_from_cuts(
    count: int,
    rate: Fraction,
    runs: list[tuple[int, int]],
    missing: list[int],
    margin: int,
    stride: int,
    without_motion: bool,
) -> None:
    timeline = constant(count, rate)
    signal = transitions(count, *((first, first + length) for first, length in runs), missing=tuple(missing))
    config = SplitConfig(margin_frames=margin, stride_frames=stride, first_window_without_motion=without_motion)
    result = split_windows(config, timeline, [signal])
    above = signal.values > 0.5
    for window in result.windows:
        shot = result.shots[window.shot]
        first, end = window.first - window.motion_frames, window.first + window.frames
        assert first >= (shot.first + margin if shot.source_first > 0 else shot.first)
        assert end <= (shot.end - margin if shot.source_end < count else shot.end)
        shown = timeline.shown(first, end)
        assert shot.source_first <= shown[0] <= shown[-1] < shot.source_end
        assert not signal.missing[shown].any()
        # Frames next to a hard cut may pass the threshold too; none further inside does.
        reach = config.hard_cut_frames
        inside = shown[(shown >= shot.source_first + reach) & (shown < shot.source_end - reach)]
        assert not above[inside].any()
    whole = [window for window in result.windows if window.frames == config.target_frames]
    assert result.scores["windows"] == sum(shot.windows for shot in result.shots) == len(whole)
    assert all(result.shots[window.shot].windows == 0 for window in result.windows if window not in whole)
    assert SplitResult.model_validate_json(result.model_dump_json()) == result
