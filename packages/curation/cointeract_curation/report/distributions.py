"""How every score is distributed, and how much of it lies outside the policy's bounds."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.core.policy import Policy, Rule
from cointeract_curation.core.stage import Score
from cointeract_curation.core.standing import Standing
from cointeract_curation.report import formats

BINS = 40
MAX_WHOLE_BINS = 40
"""Counts that span no more than this get a bar each."""
TAIL_PERCENTILES = (0.5, 99.5)
TAIL_RATIO = 3.0
"""Where the whole range is this many times the range between the percentiles, the tails are counted and not drawn."""
MIN_DATA_SHARE = 0.25
"""A bound is drawn inside the axis as long as the values keep this share of it; otherwise it is written at the edge."""
MARGIN = 0.02
"""Empty space on each side of a continuous axis, as a share of it, so that a bound at the edge can be seen."""
SAME, SMALLEST_ROOM = 1e-9, 1e-300
"""Share of a value, and distance, within which a bound counts as lying on it."""
FLAT = 1e-12
"""Share of the values within which all of them count as one: floats have no room for bins between them."""
CONSTANT_ROOM = 1.25
"""Half of the axis around a constant, as a multiple of the distance to its nearest bound."""
TEXT_VALUES = 12
"""Rows of a table of texts."""

Float = NDArray[np.float64]


@dataclass(frozen=True)
class Bound:
    """A threshold: its ``value`` as the policy states it, and the ``position`` on the axis that parts inside from outside."""

    rule: str
    side: str
    value: float
    position: float


@dataclass(frozen=True)
class Histogram:
    """Bars between ``edges`` (N + 1,), as counts (N,) inside and outside of the bounds; ``below`` and ``above`` lie off the axis.

    ``whole``: each bar stands for one whole number, in the middle between its edges.
    """

    edges: tuple[float, ...]
    inside: tuple[int, ...]
    outside: tuple[int, ...]
    below: int
    above: int
    whole: bool


@dataclass(frozen=True)
class NumericScore:
    """A score in numbers.

    ``missing`` counts units where it could not be measured, ``outside`` all that a rule rejects for it, the missing ones among them
    if ``missing_rejected``.
    """

    name: str
    units: int
    missing: int
    missing_rejected: bool
    outside: int
    bounds: tuple[Bound, ...]
    histogram: Histogram
    low: float
    median: float
    high: float


@dataclass(frozen=True)
class ValueCount:
    """One value of a score that isn't measured on a scale. ``rejected``: whether a rule turns it down."""

    value: str
    units: int
    rejected: bool


@dataclass(frozen=True)
class CategoricalScore:
    """A score of texts or truth values.

    ``bounds`` names the rules that read it and ``outside`` counts the units that they reject; ``others`` counts units with values
    that are too rare to be listed.
    """

    name: str
    units: int
    distinct: int
    values: tuple[ValueCount, ...]
    others: int
    outside: int
    bounds: tuple[str, ...]


@dataclass(frozen=True)
class ConstantScore:
    """A score that has one value in all units and that no rule reads."""

    name: str
    value: str


@dataclass(frozen=True)
class StageScores:
    """All scores of one stage over the units that it finished."""

    stage: str
    units: int
    numeric: tuple[NumericScore, ...]
    categorical: tuple[CategoricalScore, ...]
    constant: tuple[ConstantScore, ...]


def stage_scores(standings: Sequence[Standing], stage: str, policy: Policy) -> StageScores:
    """The distributions of ``stage`` over the units whose standing has its outcome."""
    columns: dict[str, list[Score]] = {}
    units = 0
    for standing in standings:
        outcome = standing.outcomes.get(stage)
        if outcome is not None:
            units += 1
            for name, value in outcome.scores.items():
                columns.setdefault(name, []).append(value)
    numeric, categorical, constant = [], [], []
    for name, values in columns.items():
        rules = {key: rule for key, rule in policy.rules.items() if rule.score == f"{stage}.{name}"}
        if not rules and len(set(values)) == 1:
            constant.append(ConstantScore(name, _label(values[0])))
        elif _is_numeric(values):
            numeric.append(_numeric(name, values, rules))
        else:
            categorical.append(_categorical(name, values, rules))
    numeric.sort(key=lambda score: not score.bounds)  # what the policy reads comes first
    return StageScores(stage, units, tuple(numeric), tuple(categorical), tuple(constant))


def _is_numeric(values: Sequence[Score]) -> bool:
    kinds = {type(value) for value in values} - {type(None)}
    return bool(kinds) and str not in kinds and kinds != {bool}


def _categorical(name: str, values: Sequence[Score], rules: Mapping[str, Rule]) -> CategoricalScore:
    counts = Counter(values)
    frequent = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
    entries = [
        ValueCount(_label(value), units, any(rule.broken_bound(value) is not None for rule in rules.values()))
        for value, units in frequent
    ]
    others = sum(entry.units for entry in entries[TEXT_VALUES:])
    outside = sum(entry.units for entry in entries if entry.rejected)
    return CategoricalScore(
        name, len(values), len(entries), tuple(entries[:TEXT_VALUES]), others, outside, tuple(rules)
    )


def _label(value: Score) -> str:
    if value is None:
        return "not measured"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else formats.number(value)


def _numeric(name: str, values: Sequence[Score], rules: Mapping[str, Rule]) -> NumericScore:
    known = np.array(
        [float(value) for value in values if value is not None and not isinstance(value, str)], dtype=np.float64
    )
    missing = len(values) - len(known)
    rejected = np.zeros(len(known), dtype=bool)
    missing_rejected = False
    for rule in rules.values():
        # The same comparisons as `Rule.broken_bound`, on all values at once.
        if rule.min is not None:
            rejected |= ~(known >= rule.min)
        if rule.max is not None:
            rejected |= ~(known <= rule.max)
        missing_rejected |= rule.broken_bound(None) is not None
    whole = all(isinstance(value, int) for value in values if value is not None)
    low, high = float(known.min()), float(known.max())
    bars = whole and high - low < MAX_WHOLE_BINS
    bounds = tuple(bound for key, rule in rules.items() for bound in _bounds(key, rule, bars=bars))
    edges = _whole_edges(low, high, bounds) if bars else _edges(known, bounds)
    return NumericScore(
        name,
        len(values),
        missing,
        missing_rejected,
        int(np.count_nonzero(rejected)) + (missing if missing_rejected else 0),
        bounds,
        _histogram(known, rejected, edges, whole=bars),
        low,
        float(np.median(known)),
        high,
    )


def _bounds(name: str, rule: Rule, *, bars: bool) -> list[Bound]:
    """A rule's bounds. Bounds are inclusive, so between whole numbers the line is drawn half a step outside of the last good one."""
    half = 0.5
    bounds = []
    if rule.min is not None:
        bounds.append(Bound(name, "min", rule.min, math.ceil(rule.min) - half if bars else rule.min))
    if rule.max is not None:
        bounds.append(Bound(name, "max", rule.max, math.floor(rule.max) + half if bars else rule.max))
    return bounds


def _whole_edges(low: float, high: float, bounds: Sequence[Bound]) -> Float:
    """Edges half-way between whole numbers, with a step of room for bounds nearby."""
    half = 0.5
    low, high = _widened(low - half, high + half, [bound.position for bound in bounds])
    first, last = math.floor(low - half) + half, math.ceil(high + half) - half
    return np.arange(first, last + half)


def _edges(known: Float, bounds: Sequence[Bound]) -> Float:
    low, high = float(known.min()), float(known.max())
    tail_low, tail_high = (float(value) for value in np.percentile(known, TAIL_PERCENTILES))
    if tail_high > tail_low and high - low > TAIL_RATIO * (tail_high - tail_low):
        low, high = tail_low, tail_high
    if high - low <= max(FLAT * max(abs(low), abs(high)), SMALLEST_ROOM):
        room = _room_around(low, bounds)
        low, high = low - room, high + room
    low, high = _widened(low, high, [bound.position for bound in bounds])
    margin = MARGIN * (high - low)
    return np.linspace(low - margin, high + margin, BINS + 1)


def _room_around(value: float, bounds: Sequence[Bound]) -> float:
    """Half of the axis around the only value there is: enough for the nearest bound, which gives it its scale."""
    distances = [abs(bound.position - value) for bound in bounds]
    # A bound that is next to the value for all that a float can tell would leave no room for bins between them.
    apart = [distance for distance in distances if distance > max(SAME * abs(value), SMALLEST_ROOM)]
    return CONSTANT_ROOM * min(apart) if apart else max(abs(value), 1.0) / 2


def _widened(low: float, high: float, positions: Sequence[float]) -> tuple[float, float]:
    """The range with each position that fits into it without squeezing the values."""
    longest = (high - low) / MIN_DATA_SHARE
    for position in sorted(positions, key=lambda position: max(low - position, position - high)):
        if max(high, position) - min(low, position) <= longest:
            low, high = min(low, position), max(high, position)
    return low, high


def _histogram(known: Float, rejected: NDArray[np.bool_], edges: Float, *, whole: bool) -> Histogram:
    inside, _ = np.histogram(known[~rejected], edges)
    outside, _ = np.histogram(known[rejected], edges)
    below, above = int(np.count_nonzero(known < edges[0])), int(np.count_nonzero(known > edges[-1]))
    drawn = int(inside.sum() + outside.sum())
    if drawn + below + above != len(known):
        raise AssertionError(f"the histogram holds {drawn + below + above} of {len(known)} values")
    return Histogram(tuple(edges.tolist()), tuple(inside.tolist()), tuple(outside.tolist()), below, above, whole)
