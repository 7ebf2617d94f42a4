"""A histogram as SVG: bars inside and outside of the bounds, and the bounds as lines."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from cointeract_curation.report import formats
from cointeract_curation.report.distributions import Bound, Histogram, NumericScore
from cointeract_curation.report.svg import element, picture

WIDTH, HEIGHT = 320.0, 128.0
LEFT, RIGHT = 4.0, 4.0
TOP, BOTTOM = 30.0, 18.0
GAP = 0.8
MIN_BAR = 1.5
"""A bar with a single unit beside one with a hundred thousand is still to be seen."""
LABEL_LINES = 2
LABEL_HEIGHT = 11.0
LABEL_ROOM = 90.0
"""Distance below which two labels of bounds would meet."""
TEXT_OFFSET = 3.0
HALF = 0.5
MAX_BAR_WIDTH = 28.0
"""One value alone is a bar and not a wall."""
MIN_TICKS = 3
ROUND_STEPS = (1.0, 0.5, 0.2, 0.1)
"""From a power of ten downwards; the last has at least nine multiples in any range that holds the power itself."""
EDGE_ROOM = 14.0
"""A tick's text this close to an end of the axis would leave the picture if it were centred."""

PLOT_WIDTH = WIDTH - LEFT - RIGHT
PLOT_HEIGHT = HEIGHT - TOP - BOTTOM
BASE = HEIGHT - BOTTOM


def histogram_svg(score: NumericScore) -> Markup:
    """The chart of one score."""
    histogram = score.histogram
    low, high = histogram.edges[0], histogram.edges[-1]
    parts = [_shade(score.bounds, low, high), _bars(histogram)]
    parts.append(element("line", class_="axis", x1=LEFT, x2=WIDTH - RIGHT, y1=BASE, y2=BASE))
    parts += _ticks(histogram)
    parts += _lines(score.bounds, low, high)
    extent = f"from {formats.number(score.low)} to {formats.number(score.high)}"
    label = f"{score.name}: {score.units} values {extent}, {score.outside} outside of the bounds"
    return picture(WIDTH, HEIGHT, Markup("").join(parts), label, "histogram")


def _x(value: float, low: float, high: float) -> float:
    return LEFT + PLOT_WIDTH * min(max((value - low) / (high - low), 0.0), 1.0)


def _shade(bounds: Sequence[Bound], low: float, high: float) -> Markup:
    """The part of the axis that rules reject."""
    shades = []
    for bound in bounds:
        x = _x(bound.position, low, high)
        start, end = (LEFT, x) if bound.side == "min" else (x, WIDTH - RIGHT)
        if end > start:
            shades.append(element("rect", class_="shade", x=start, y=TOP, width=end - start, height=PLOT_HEIGHT))
    return Markup("").join(shades)


def _bars(histogram: Histogram) -> Markup:
    tallest = max(1, *(inside + outside for inside, outside in zip(histogram.inside, histogram.outside, strict=True)))
    step = PLOT_WIDTH / len(histogram.inside)
    width = min(MAX_BAR_WIDTH, step - GAP)
    bars = []
    for index, (inside, outside) in enumerate(zip(histogram.inside, histogram.outside, strict=True)):
        span = _span(histogram, index)
        y = BASE
        for units, class_ in ((inside, "inside"), (outside, "outside")):
            if units:
                height = max(MIN_BAR, PLOT_HEIGHT * units / tallest)
                y = max(TOP, y - height)
                title = element("title", f"{span}: {formats.count(units)} {class_}")
                x = LEFT + index * step + HALF * (step - width)
                bars.append(element("rect", title, class_=class_, x=x, y=y, width=width, height=height))
    return Markup("").join(bars)


def _span(histogram: Histogram, index: int) -> str:
    start, end = histogram.edges[index : index + 2]
    return (
        formats.number(HALF * (start + end)) if histogram.whole else f"{formats.number(start)} to {formats.number(end)}"
    )


def _ticks(histogram: Histogram) -> list[Markup]:
    """Round values along the axis; under single whole numbers only whole ones."""
    low, high = histogram.edges[0], histogram.edges[-1]
    parts = []
    for value in round_values(low, high, whole=histogram.whole):
        x = _x(value, low, high)
        parts.append(element("line", class_="axis", x1=x, x2=x, y1=BASE, y2=BASE + TEXT_OFFSET))
        anchor = "tick" if x < LEFT + EDGE_ROOM else "tick end" if x > WIDTH - RIGHT - EDGE_ROOM else "tick middle"
        parts.append(element("text", formats.number(value), class_=anchor, x=x, y=HEIGHT - TEXT_OFFSET))
    return parts


def round_values(low: float, high: float, *, whole: bool = False) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten between ``low`` and ``high``: the fewest that are at least three.

    Only whole numbers where ``whole``, of which there may be fewer.
    """
    power = 10.0 ** math.floor(math.log10(high - low))
    values: list[float] = []
    for share in ROUND_STEPS:
        step = max(1.0, power * share) if whole else power * share
        values = [step * index for index in range(math.ceil(low / step), math.floor(high / step) + 1)]
        if len(values) >= MIN_TICKS:
            break
    return values


def _lines(bounds: Sequence[Bound], low: float, high: float) -> list[Markup]:
    """Each bound as a dashed line with its value; one that lies beyond the axis as an arrow at its edge."""
    parts: list[Markup] = []
    used: list[tuple[float, int]] = []
    for bound in sorted(bounds, key=lambda bound: bound.position):
        x = _x(bound.position, low, high)
        text = f"{bound.side} {formats.number(bound.value)}"
        if bound.position < low:
            text = f"← {text}"
        elif bound.position > high:
            text = f"{text} →"
        else:
            parts.append(element("line", class_="bound", x1=x, x2=x, y1=TOP - TEXT_OFFSET, y2=BASE))
        taken = [line for place, line in used if abs(place - x) < LABEL_ROOM]
        line = next((line for line in range(LABEL_LINES) if line not in taken), 0)
        used.append((x, line))
        after = x < WIDTH / 2
        parts.append(
            element(
                "text",
                text,
                class_="bound-label" if after else "bound-label end",
                x=x,
                y=TOP - 2 * TEXT_OFFSET - line * LABEL_HEIGHT,
            )
        )
    return parts
