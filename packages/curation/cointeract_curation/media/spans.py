"""Splitting a long source into spans that several workers take at once, without changing the result."""

from __future__ import annotations

from pathlib import Path

from cointeract_curation.core.units import SourceUnit, SpanUnit
from cointeract_curation.media.timeline import SourceTimeline, Timing, load_timeline

SPAN_STEP = 100
"""Frames by which the window of TransNetV2 advances. Spans start at multiples of it, so that a frame is judged from the same
window of frames whichever span it lies in."""


def plan_spans(timeline: SourceTimeline, span_frames: int) -> list[tuple[int, int]]:
    """Spans ``(first, end)`` of at most about ``span_frames`` source frames each that together cover the source.

    They are equally long, up to a multiple of `SPAN_STEP`, so that workers end together. A source whose frames can only be
    counted from the start is one span, because every span would have to decode all that lies before it.

    Raises:
        ValueError: ``span_frames`` is not positive.
    """
    if span_frames <= 0:
        raise ValueError(f"span_frames={span_frames}: a span has at least one frame")
    if timeline.timing is Timing.ORDINALS:
        return [(0, timeline.count)]
    share = -(-timeline.count // -(-timeline.count // span_frames))
    length = -(-share // SPAN_STEP) * SPAN_STEP
    starts = list(range(0, timeline.count, length))
    # A tail shorter than a step joins the span before it: it would not be worth opening the file for.
    if len(starts) > 1 and timeline.count - starts[-1] < SPAN_STEP:
        starts.pop()
    return list(zip(starts, [*starts[1:], timeline.count], strict=True))


def spans_of(source: SourceUnit, timeline: Path, span_frames: int) -> list[SpanUnit]:
    """The spans of a source as units, from its ``timeline.npz``."""
    spans = plan_spans(load_timeline(timeline), span_frames)
    return [SpanUnit(source=source, index=index, first=first, end=end) for index, (first, end) in enumerate(spans)]
