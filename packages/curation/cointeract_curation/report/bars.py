"""Horizontal bars that stand in the cells of tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from cointeract_curation.report import formats
from cointeract_curation.report.funnel import Step
from cointeract_curation.report.summary import KindSummary
from cointeract_curation.report.svg import element, picture
from cointeract_curation.report.timings import StageTime, Timings

WIDTH, HEIGHT = 240.0, 12.0
MIN_WIDTH = 1.5
"""A segment of one unit in a hundred thousand is still to be seen."""


@dataclass(frozen=True)
class Segment:
    """A part of a bar: its length, as a share of the whole bar, its CSS class and its words."""

    share: float
    class_: str
    title: str


def bar(segments: Sequence[Segment], label: str) -> Markup:
    """Segments side by side from the left."""
    x = 0.0
    parts = []
    for segment in segments:
        if segment.share > 0:
            width = min(max(MIN_WIDTH, segment.share * WIDTH), WIDTH)
            x = min(x, WIDTH - width)
            title = element("title", segment.title)
            parts.append(element("rect", title, class_=segment.class_, x=x, y=0, width=width, height=HEIGHT))
            x += width
    track = element("rect", class_="track", x=0, y=0, width=WIDTH, height=HEIGHT)
    return picture(WIDTH, HEIGHT, track + Markup("").join(parts), label, "bar", stretch=True)


def state_bar(kind: KindSummary) -> Markup:
    """How the units of one kind stand."""
    segments = [
        Segment(part.units / kind.units, part.state, f"{part.state}: {formats.count(part.units)}")
        for part in kind.parts
    ]
    return bar(segments, ", ".join(segment.title for segment in segments))


def step_bar(step: Step, enters: int) -> Markup:
    """What remains after a step and what it lost, of all that entered the funnel."""
    if not enters:
        return bar([], "no units")
    segments = [
        Segment(step.remaining / enters, "remaining", f"remaining: {formats.count(step.remaining)}"),
        Segment(step.lost / enters, f"lost-{step.kind}", f"lost here: {formats.count(step.lost)}"),
    ]
    return bar(segments, f"{step.remaining} remain, {step.lost} lost")


def time_bar(timings: Timings, stage: StageTime) -> Markup:
    """A stage's share of all work."""
    share = timings.share(stage)
    return bar([Segment(share, "time", formats.percent(share, 1.0))], formats.percent(share, 1.0))
