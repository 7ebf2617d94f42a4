"""The mapping from a source's timeline to 25 fps."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cointeract_curation.media.rates import constant_rate
from cointeract_curation.media.spans import SPAN_STEP, plan_spans
from cointeract_curation.media.timeline import TIME_TOLERANCE, SourceTimeline, Timing, load_timeline, save_timeline

RATES = [
    Fraction(value)
    for value in ("24000/1001", "24", "25", "30000/1001", "30", "50", "60000/1001", "60", "15", "12", "1000")
]


def constant(count: int, rate: Fraction, timing: Timing = Timing.PACKETS) -> SourceTimeline:
    ticks = (rate.denominator * np.arange(count, dtype=np.int64)) + 77
    return SourceTimeline(
        pts=ticks,
        dts=ticks,
        keyframes=np.arange(count) % 30 == 0,
        packet_bytes=np.full(count, 1000, dtype=np.int64),
        time_base=Fraction(1, rate.numerator),
        end_pts=int(ticks[-1]) + rate.denominator,
        rate=rate,
        origin=Fraction(77, rate.numerator),
        timing=timing,
    )


def variable(deltas_ms: list[int]) -> SourceTimeline:
    pts = np.concatenate(([0], np.cumsum(deltas_ms))).astype(np.int64) + 500
    return SourceTimeline(
        pts=pts,
        dts=pts,
        keyframes=np.arange(len(pts)) == 0,
        packet_bytes=np.full(len(pts), 1000, dtype=np.int64),
        time_base=Fraction(1, 1000),
        end_pts=int(pts[-1]) + 40,
        rate=None,
        origin=Fraction(1, 2),
        timing=Timing.PACKETS,
    )


timelines = st.one_of(
    st.builds(constant, st.integers(1, 200), st.sampled_from(RATES)),
    # Frames closer together than the tolerance would be one frame to 25 fps.
    st.builds(variable, st.lists(st.integers(3, 300), min_size=1, max_size=100)),
)


@settings(deadline=None, max_examples=50)
@given(timelines)
def test_output_frames_never_go_back_and_cover_the_source_from_its_first_frame(timeline: SourceTimeline) -> None:
    shown = timeline.shown(0, timeline.output_count)
    assert shown[0] == 0
    assert (np.diff(shown) >= 0).all()
    assert shown[-1] < timeline.count


@settings(deadline=None, max_examples=50)
@given(timelines)
def test_each_output_frame_shows_the_frame_on_display_at_its_time(timeline: SourceTimeline) -> None:
    times = [timeline.time_of(frame) for frame in range(timeline.count)]
    tolerance = 0 if timeline.rate is not None else TIME_TOLERANCE
    for output, frame in enumerate(timeline.shown(0, timeline.output_count).tolist()):
        expected = max(index for index, time in enumerate(times) if time <= Fraction(output, 25) + tolerance)
        assert frame == expected


@settings(deadline=None, max_examples=50)
@given(timelines, st.data())
def test_a_run_of_source_frames_maps_to_output_frames_that_show_nothing_else(
    timeline: SourceTimeline, data: st.DataObject
) -> None:
    first = data.draw(st.integers(0, timeline.count - 1))
    end = data.draw(st.integers(first + 1, timeline.count))
    shown = timeline.shown(timeline.first_output(first), timeline.first_output(end))
    assert ((shown >= first) & (shown < end)).all()
    # and none is left out: the frames on both sides show something else
    if timeline.first_output(first) > 0:
        assert timeline.shown(timeline.first_output(first) - 1, timeline.first_output(first))[0] < first


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 500))
def test_a_25_fps_source_maps_to_itself(count: int) -> None:
    timeline = constant(count, Fraction(25))
    assert timeline.output_count == count
    assert timeline.shown(0, count).tolist() == list(range(count))
    assert [timeline.first_output(frame) for frame in range(count + 1)] == list(range(count + 1))


def test_the_rule_for_a_constant_rate_is_the_stated_one_after_ten_hours() -> None:
    rate = Fraction(30000, 1001)
    timeline = constant(1_100_000, rate)
    output = 900_000
    expected = (output * rate / 25).__floor__()
    assert timeline.shown(output, output + 1).tolist() == [expected]


@settings(deadline=None, max_examples=50)
@given(timelines)
def test_a_shot_before_a_gap_ends_with_its_last_frames_usual_display(timeline: SourceTimeline) -> None:
    for frame in range(timeline.count):
        assert timeline.first_output(frame) <= timeline.natural_end(frame) <= timeline.first_output(frame + 1)


def test_gaps_are_found_where_the_next_frame_comes_late() -> None:
    assert variable([40, 40, 400, 40, 251, 250]).gaps(Fraction(1, 4)).tolist() == [3, 5]
    assert len(constant(50, Fraction(25)).gaps(Fraction(1, 4))) == 0
    assert constant(4, Fraction(2)).gaps(Fraction(1, 4)).tolist() == [1, 2, 3]


@settings(deadline=None, max_examples=50)
@given(timelines)
def test_a_stored_timeline_is_read_back_equal(timeline: SourceTimeline) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "timeline.npz"
        save_timeline(timeline, path)
        again = load_timeline(path)
        first = path.read_bytes()
        save_timeline(again, path)
        assert path.read_bytes() == first
    assert again.pts.tolist() == timeline.pts.tolist()
    assert (again.rate, again.origin, again.end_pts, again.time_base) == (
        timeline.rate, timeline.origin, timeline.end_pts, timeline.time_base,
    )  # fmt: skip


def test_times_that_do_not_increase_are_refused() -> None:
    with pytest.raises(ValueError, match="must increase"):
        variable([40, 0, 40])


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("clock", [Fraction(1, 1000), Fraction(1, 90000), Fraction(1, 12800)])
def test_a_constant_rate_is_recognised_through_rounded_times(rate: Fraction, clock: Fraction) -> None:
    pts = np.array([round(index / rate / clock) for index in range(3000)], dtype=np.int64)
    assert constant_rate(pts, clock, [None, Fraction(1000)]) == rate


def test_one_late_frame_makes_a_rate_variable() -> None:
    pts = np.arange(200, dtype=np.int64) * 40
    pts[120:] += 5
    assert constant_rate(pts, Fraction(1, 1000), [Fraction(25)]) is None


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 5000), st.integers(1, 2000))
def test_spans_cover_a_source_exactly_once_and_start_on_the_step(count: int, span_frames: int) -> None:
    spans = plan_spans(constant(count, Fraction(25)), span_frames)
    assert [frame for first, end in spans for frame in range(first, end)] == list(range(count))
    assert all(first % SPAN_STEP == 0 for first, _ in spans)


def test_spans_are_equally_long_so_that_workers_end_together() -> None:
    assert plan_spans(constant(1468, Fraction(25)), 800) == [(0, 800), (800, 1468)]
    assert plan_spans(constant(2000, Fraction(25)), 900) == [(0, 700), (700, 1400), (1400, 2000)]


def test_a_source_without_timestamps_is_one_span() -> None:
    assert plan_spans(constant(1000, Fraction(25), Timing.ORDINALS), 100) == [(0, 1000)]
