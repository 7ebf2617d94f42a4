"""Every number of the report agrees with the ledger."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cointeract_curation.core.errors import ConfigurationError
from cointeract_curation.core.outcome import Outcome
from cointeract_curation.core.policy import Policy, Rule
from cointeract_curation.core.standing import Standing, State
from cointeract_curation.core.units import ClipUnit, SourceUnit
from cointeract_curation.report.distributions import NumericScore, stage_scores
from cointeract_curation.report.examples import BY_DISTANCE
from cointeract_curation.report.formats import duration, number, percent, timecode
from cointeract_curation.report.funnel import StepKind, funnel
from cointeract_curation.report.histogram import histogram_svg, round_values
from cointeract_curation.report.page import Page, gather
from tests.curation.report.made_up_dataset import MadeUpDataset

SOURCE = SourceUnit(sha256="0" * 64, path="/nowhere.mp4")


@pytest.fixture
def page(made: MadeUpDataset) -> Page:
    return gather(made.dataset, made.store, made.stages, made.recipe, made.read())


def test_the_summary_has_the_ledgers_counts_and_the_length_of_the_video(page: Page) -> None:
    assert {part.state: part.units for part in page.summary.kind("files").parts} == {
        "accepted": 3,
        "quarantined": 1,
        "duplicate": 1,
    }
    clips = page.summary.kind("clips")
    assert {part.state: part.units for part in clips.parts} == {"accepted": 3, "rejected": 4, "quarantined": 1}
    assert clips.video_s == pytest.approx(8 * 81 / 25)
    assert sum(units for _, units in page.summary.splits) == 3


def test_the_funnel_loses_each_clip_once_in_the_order_of_stages_and_rules(page: Page) -> None:
    steps = [(step.stage, step.name, step.entering, step.lost, step.remaining) for step in page.clip_funnel.steps]
    assert steps == [
        ("quality", "ArithmeticError", 8, 1, 7),
        ("quality", "dark", 7, 3, 4),
        ("quality", "bright", 4, 1, 3),
        ("quality", "still", 3, 0, 3),
    ]
    assert page.clip_funnel.leaves == page.summary.kind("clips").of("accepted")


def test_the_funnel_tells_how_many_break_a_rule_anywhere_and_for_how_many_it_is_the_only_reason(page: Page) -> None:
    by_name = {step.name: step for step in page.clip_funnel.steps if step.kind == StepKind.RULE}
    assert (by_name["dark"].measured, by_name["dark"].broken, by_name["dark"].alone) == (7, 3, 1)
    assert (by_name["still"].broken, by_name["still"].alone) == (2, 0)


def test_files_and_sources_have_funnels_of_their_own(page: Page) -> None:
    assert [(step.kind, step.name, step.lost) for step in page.file_funnel.steps] == [
        (StepKind.FAILURE, "PermissionError", 1),
        (StepKind.DUPLICATE, "duplicate", 1),
    ]
    assert page.file_funnel.leaves == page.source_funnel.enters == 3
    losses = [(step.stage, step.name, step.lost) for step in page.source_funnel.steps if step.lost]
    assert losses == [("probe", "UnusableInputError", 1), ("probe", "no_audio", 1)]
    assert page.source_funnel.leaves == 1


def test_a_rule_is_counted_at_the_stage_that_it_waits_for() -> None:
    outcomes = [{"a": {"x": value}, "b": {"y": 1}} for value in (1, 5)]
    late = Rule(score="a.x", max=3, at="b", message="large")
    standings = [_standing(index, scores, Policy({"late": late})) for index, scores in enumerate(outcomes)]
    (step,) = funnel(standings, ("a", "b"), Policy({"late": late})).steps
    assert (step.stage, step.entering, step.lost) == ("b", 2, 1)


def test_a_rule_on_a_score_that_nobody_reports_is_an_error_with_its_name() -> None:
    standings = [_standing(0, {"a": {"x": 1}}, Policy({}))]
    policy = Policy({"typo": Rule(score="a.z", max=3, message="?")})
    with pytest.raises(ConfigurationError, match=r"policy.typo reads a.z.*reports x"):
        funnel(standings, ("a",), policy)


def test_the_share_outside_counts_every_rule_on_a_score(page: Page) -> None:
    quality = next(scores for scores in page.clip_scores if scores.stage == "quality")
    luminance = next(score for score in quality.numeric if score.name == "luminance_mean")
    assert (luminance.units, luminance.outside, luminance.missing) == (7, 4, 0)
    assert [(bound.side, bound.value) for bound in luminance.bounds] == [("min", 25), ("max", 225)]
    speech = next(score for score in quality.numeric if score.name == "speech")
    assert (speech.missing, speech.bounds) == (1, ())


def test_scores_that_never_change_are_said_in_words(page: Page) -> None:
    cut = next(scores for scores in page.clip_scores if scores.stage == "cut")
    assert {score.name: score.value for score in cut.constant}["encoder"] == "x264"
    assert {score.name: score.value for score in cut.constant}["exact"] == "yes"


def test_times_are_summed_over_the_outcomes_of_the_ledger_with_those_of_the_spans(page: Page) -> None:
    times = {time.stage: time for time in page.timings.stages}
    assert times["quality"].total_s == pytest.approx(sum(range(1, 8)))
    assert (times["quality"].units, times["quality"].median_s, times["quality"].longest_s) == (7, 4.0, 7.0)
    assert times["quality"].speed == pytest.approx(7 * 81 / 25 / 28)
    assert times["quality"].retried == 1
    shots = times["shots"]
    assert shots.units > 1
    assert (shots.total_s, shots.video_s) == (pytest.approx(20), 240)
    assert times["identify"].units == 4


def test_examples_of_a_rule_go_from_the_closest_to_the_furthest(page: Page) -> None:
    dark = next(sheet for sheet in page.sheets if sheet.title.startswith("too dark"))
    assert (dark.total, dark.order) == (3, BY_DISTANCE)
    assert [example.note.split()[1] for example in dark.examples] == ["24,", "20,", "10,"]


def test_examples_are_few_and_reach_from_the_first_to_the_last(empty: MadeUpDataset) -> None:
    clips = empty.accepted_source("/videos/long.mp4", 30)
    for clip in clips:
        empty.finish("cut", clip, {"width": 1})
        empty.finish("quality", clip, {"luminance_mean": 100.0, "motion": 1.0})
    page = gather(empty.dataset, empty.store, empty.stages, empty.recipe, empty.read())
    (sheet,) = page.sheets
    assert sheet.total == 30
    assert len(sheet.examples) == 8
    assert (sheet.examples[0].clip_id, sheet.examples[-1].clip_id) == (clips[0].unit_id, clips[-1].unit_id)


@example(values=[5e-324], low=None, high=0.0, missing_passes=False)
@example(values=[0.0, 5e-324], low=None, high=1.0, missing_passes=False)
@example(values=[1e6], low=None, high=1e6 + 1e-9, missing_passes=False)
@given(
    values=st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6), st.integers(-50, 50)), min_size=1, max_size=60),
    low=st.one_of(st.none(), st.floats(-1e3, 1e3)),
    high=st.floats(-1e3, 1e3),
    missing_passes=st.booleans(),
)
def test_a_histogram_holds_every_value_once_on_the_side_that_the_rule_puts_it(
    values: list[float | int | None], low: float | None, high: float, missing_passes: bool
) -> None:
    rule = Rule(score="a.x", min=low, max=high, message="?", when_missing="pass" if missing_passes else "reject")
    standings = [_standing(index, {"a": {"x": value}}, Policy({})) for index, value in enumerate(values)]
    scores = stage_scores(standings, "a", Policy({"rule": rule}))
    rejected = sum(rule.broken_bound(value) is not None for value in values)
    if not scores.numeric:
        assert all(value is None for value in values)
        assert scores.categorical[0].outside == rejected
        return
    (score,) = scores.numeric
    assert score.outside == rejected
    _check_histogram(score, values)
    assert "NaN" not in histogram_svg(score)


def _check_histogram(score: NumericScore, values: list[float | int | None]) -> None:
    histogram = score.histogram
    drawn = sum(histogram.inside) + sum(histogram.outside)
    assert drawn + histogram.below + histogram.above + score.missing == len(values)
    assert bool(np.all(np.diff(histogram.edges) > 0))
    if not (histogram.below or histogram.above):
        assert sum(histogram.outside) == score.outside - (score.missing if score.missing_rejected else 0)


def test_a_bound_between_whole_numbers_parts_the_bars_that_pass_from_those_that_do_not() -> None:
    standings = [_standing(index, {"a": {"x": value}}, Policy({})) for index, value in enumerate([0, 1, 2, 3, 3])]
    policy = Policy({"few": Rule(score="a.x", max=2, message="too many")})
    (score,) = stage_scores(standings, "a", policy).numeric
    assert score.bounds[0].position == 2.5
    bars = zip(score.histogram.edges, score.histogram.inside, score.histogram.outside, strict=False)
    assert {edge + 0.5: (inside, outside) for edge, inside, outside in bars} == {
        0: (1, 0),
        1: (1, 0),
        2: (1, 0),
        3: (0, 2),
    }


def test_a_few_extreme_values_do_not_squeeze_all_others_into_one_bar() -> None:
    values = [*(float(value) for value in np.linspace(0, 1, 1000)), 1e6]
    standings = [_standing(index, {"a": {"x": value}}, Policy({})) for index, value in enumerate(values)]
    (score,) = stage_scores(standings, "a", Policy({})).numeric
    assert score.histogram.edges[-1] < 2
    assert score.histogram.above >= 1
    assert score.high == 1e6


def test_one_value_alone_is_drawn_at_the_scale_of_its_nearest_bound() -> None:
    standings = [_standing(index, {"a": {"x": 0.001}}, Policy({})) for index in range(3)]
    policy = Policy({"most": Rule(score="a.x", max=0.011, message="too much")})
    (score,) = stage_scores(standings, "a", policy).numeric
    assert 0.01 < score.histogram.edges[-1] < 0.02


@given(low=st.floats(-1e6, 1e6), length=st.floats(1e-3, 1e6))
def test_ticks_lie_inside_the_axis(low: float, length: float) -> None:
    high = low + length
    ticks = round_values(low, high)
    assert 3 <= len(ticks) <= 12
    assert all(low - 1e-9 * length <= tick <= high + 1e-9 * length for tick in ticks)


def test_numbers_are_written_for_readers() -> None:
    assert [percent(0, 9), percent(9, 9), percent(1, 9999), percent(9998, 9999), percent(1, 3), percent(0, 0)] == [
        "0 %",
        "100 %",
        "<0.1 %",
        ">99.9 %",
        "33.3 %",
        "-",
    ]
    assert [number(0.0123456), number(3.0), number(-45), number(1234567.8)] == ["0.01235", "3", "-45", "1,234,568"]
    assert [duration(2.5), duration(125), duration(7505)] == ["2.5 s", "2 min 05 s", "2 h 05 min"]
    assert [timecode(0), timecode(61.24), timecode(3725.5)] == ["00:00.0", "01:01.2", "1:02:05.5"]


def _standing(index: int, scores: dict[str, dict[str, float | int | None]], policy: Policy) -> Standing:
    """A clip that has finished all stages of ``scores`` and was judged by ``policy`` after each."""
    unit = ClipUnit(source=SOURCE, first=index, frames=81, motion_frames=0, shot=0, shot_first=0, shot_end=10_000)
    outcomes: dict[str, Outcome] = {}
    for stage, values in scores.items():
        outcomes[stage] = Outcome(stage, unit.unit_id, "f" * 16, dict(values), {}, {}, 1, "host", 0.0, 1.0)
        rejection = policy.judge(stage, {name: outcome.scores for name, outcome in outcomes.items()})
        if rejection is not None:
            return Standing(unit, State.REJECTED, stage, outcomes, rejection=rejection)
    return Standing(unit, State.ACCEPTED, "", outcomes)
