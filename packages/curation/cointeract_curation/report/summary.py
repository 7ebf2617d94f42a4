"""How many files, sources and clips stand how, with the length of their video."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cointeract_curation.core.config import PackConfig
from cointeract_curation.core.fingerprint import AnyUnit
from cointeract_curation.core.standing import Standing, State
from cointeract_curation.core.units import ClipUnit, SpanUnit
from cointeract_curation.ledger import DUPLICATE, Ledger, SourceRow
from cointeract_curation.pack import split_of
from cointeract_shards.constants import FPS

STATES = (*(str(state) for state in State), DUPLICATE)
"""Every way in which a row can stand, in the order of the page."""


@dataclass(frozen=True)
class Part:
    """The units of one kind in one state. ``video_s``: seconds of video, None where it is not known for this kind."""

    state: str
    units: int
    video_s: float | None


@dataclass(frozen=True)
class KindSummary:
    """One kind of unit. States without units are left out."""

    name: str
    units: int
    video_s: float | None
    parts: tuple[Part, ...]

    def of(self, state: str) -> int:
        """Units in ``state``."""
        return sum(part.units for part in self.parts if part.state == state)


@dataclass(frozen=True)
class Summary:
    """The head of the page. ``splits`` counts accepted clips by the split they belong to."""

    kinds: tuple[KindSummary, ...]
    splits: tuple[tuple[str, int], ...]

    def kind(self, name: str) -> KindSummary:
        """The summary of ``files``, ``sources`` or ``clips``."""
        return next(kind for kind in self.kinds if kind.name == name)


def summarise(ledger: Ledger, config: PackConfig) -> Summary:
    """Count a ledger. Raises `AssertionError` where the counts are not those of the ledger itself."""
    files = [(DUPLICATE if row.duplicate_of else str(row.standing.state), None) for row in ledger.files]
    sources = [(str(row.standing.state), source_seconds(row.standing)) for row in ledger.sources]
    clips = [(str(clip.state), clip_seconds(clip.unit)) for clip in ledger.clips]
    kinds = (_kind("files", files), _kind("sources", sources), _kind("clips", clips))
    for kind in kinds:
        found = {part.state: part.units for part in kind.parts}
        if found != ledger.counts()[kind.name]:
            raise AssertionError(
                f"the report counts {kind.name} as {found}, the ledger as {ledger.counts()[kind.name]}"
            )
    splits: dict[str, int] = {}
    for clip in ledger.clips:
        if clip.state == State.ACCEPTED and isinstance(clip.unit, ClipUnit):
            split = split_of(clip.unit, config)
            splits[split] = splits.get(split, 0) + 1
    return Summary(kinds, tuple(sorted(splits.items(), reverse=True)))


def _kind(name: str, units: Sequence[tuple[str, float | None]]) -> KindSummary:
    parts = []
    for state in STATES:
        lengths = [seconds for stands, seconds in units if stands == state]
        if lengths:
            parts.append(Part(state, len(lengths), _total(lengths)))
    return KindSummary(name, len(units), _total([seconds for _, seconds in units]), tuple(parts))


def _total(lengths: Iterable[float | None]) -> float | None:
    known = [seconds for seconds in lengths if seconds is not None]
    return sum(known) if known else None


def clip_seconds(unit: AnyUnit) -> float | None:
    """Seconds of a clip's target frames; None for another unit."""
    return unit.frames / FPS if isinstance(unit, ClipUnit) else None


def source_seconds(standing: Standing) -> float | None:
    """Seconds of a source as probed, None where it was not."""
    return _probed(standing, "duration_s")


def span_seconds(span: SpanUnit, source: SourceRow) -> float | None:
    """Seconds of a span, from the source's mean rate; None where the source was not probed."""
    rate = _probed(source.standing, "rate")
    return (span.end - span.first) / rate if rate else None


def _probed(standing: Standing, name: str) -> float | None:
    outcome = standing.outcomes.get("probe")
    value = outcome.scores.get(name) if outcome is not None else None
    return None if value is None or isinstance(value, str) else float(value)
