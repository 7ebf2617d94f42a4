"""Time for each stage, over the results that the ledger is built on, whichever run made them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from cointeract_curation.core.fingerprint import AnyStage
from cointeract_curation.core.outcome import Outcome
from cointeract_curation.core.store import ArtifactStore
from cointeract_curation.ledger import Ledger, LedgerReader
from cointeract_curation.report.summary import clip_seconds, source_seconds, span_seconds

TAIL_PERCENTILE = 95


@dataclass(frozen=True)
class StageTime:
    """Seconds of work of one stage.

    ``video_s`` is the length of the video that was worked on (for clips: of the target frames), None where it isn't known;
    ``retried`` counts results that took more than one attempt.
    """

    stage: str
    unit: str
    units: int
    total_s: float
    median_s: float
    tail_s: float
    longest_s: float
    longest_unit: str
    video_s: float | None
    retried: int

    @property
    def speed(self) -> float | None:
        """Seconds of video for each second of work of one worker."""
        return self.video_s / self.total_s if self.video_s and self.total_s > 0 else None


@dataclass(frozen=True)
class Timings:
    """All stages that did anything, in order. ``hosts`` names the machines that did."""

    stages: tuple[StageTime, ...]
    total_s: float
    hosts: tuple[str, ...]

    def share(self, stage: StageTime) -> float:
        """The part of all work that a stage took, 0 to 1."""
        return stage.total_s / self.total_s if self.total_s > 0 else 0.0


def stage_times(ledger: Ledger, reader: LedgerReader, stages: Mapping[str, AnyStage], store: ArtifactStore) -> Timings:
    """Sum up the seconds in the outcomes of ``ledger``, and in those of the spans of its sources."""
    found: dict[str, list[tuple[Outcome, float | None]]] = {name: [] for name in stages}
    for stage, outcome, video_s in _outcomes(ledger, reader, store):
        found[stage].append((outcome, video_s))
    times = tuple(_stage_time(stages[name], worked) for name, worked in found.items() if worked)
    hosts = {outcome.host for worked in found.values() for outcome, _ in worked}
    return Timings(times, sum(time.total_s for time in times), tuple(sorted(hosts)))


def _outcomes(
    ledger: Ledger, reader: LedgerReader, store: ArtifactStore
) -> Iterator[tuple[str, Outcome, float | None]]:
    lengths = {row.unit.sha256: source_seconds(row.standing) for row in ledger.sources}
    for file in ledger.files:
        length = lengths.get(file.source.sha256) if file.source else None
        yield from ((stage, outcome, length) for stage, outcome in file.standing.outcomes.items())
    for row in ledger.sources:
        yield from ((stage, outcome, lengths[row.unit.sha256]) for stage, outcome in row.standing.outcomes.items())
        if "split" not in row.standing.outcomes:
            continue
        for span in reader.spans(row.unit):
            for stage in reader.chains.span:
                outcome = store.outcome(reader.lineage.key(stage, span))
                if outcome is not None:
                    yield stage, outcome, span_seconds(span, row)
    for clip in ledger.clips:
        seconds = clip_seconds(clip.unit)
        yield from ((stage, outcome, seconds) for stage, outcome in clip.outcomes.items())


def _stage_time(stage: AnyStage, worked: list[tuple[Outcome, float | None]]) -> StageTime:
    seconds = np.array([outcome.seconds for outcome, _ in worked])
    longest = max((outcome for outcome, _ in worked), key=lambda outcome: (outcome.seconds, outcome.unit_id))
    return StageTime(
        stage.name,
        str(stage.unit),
        len(worked),
        float(seconds.sum()),
        float(np.median(seconds)),
        float(np.percentile(seconds, TAIL_PERCENTILE)),
        longest.seconds,
        longest.unit_id,
        _sum(video_s for _, video_s in worked),
        sum(outcome.attempt > 1 for outcome, _ in worked),
    )


def _sum(lengths: Iterable[float | None]) -> float | None:
    known = [length for length in lengths if length is not None]
    return sum(known) if known else None
