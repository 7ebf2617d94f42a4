"""The record behind `references.json`: from which frames the references were made, what was tried, and why."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from cointeract_curation.stages.references.remake import Attempt, Chosen
from cointeract_shards.records import Record, VersionedRecord

REFERENCES_FILE = "references.json"
DECIMALS = 4


class AxisRecord(Record):
    """What the checks said on one axis."""

    value: float | None
    reason: str


class AttemptRecord(Record):
    """One try."""

    frame: int
    rank: float
    """What speaks for the frame: the product of its parts."""
    parts: dict[str, float]
    passed: bool
    margin: float | None
    """Least distance of an axis above its threshold; negative: below it."""
    axes: dict[str, AxisRecord]
    notes: dict[str, float]
    """What the maker says of its work."""


class ReferenceRecord(Record):
    """One of the two pictures."""

    frame: int | None
    """The frame that it was made from; null where there is nothing to make."""
    kept: int | None
    """Which of the attempts was kept, from 0."""
    passed: bool
    why: str
    attempts: tuple[AttemptRecord, ...]


class ReferencesRecord(VersionedRecord):
    """Both pictures."""

    frames: int = Field(gt=0)
    maker: str
    aligned: bool
    """Whether `person.png` shows its frame pixel by pixel outside of the product."""
    person: ReferenceRecord
    product: ReferenceRecord


def reference_record(chosen: Chosen | None) -> ReferenceRecord:
    """The record of a reference; None for a product that the clip doesn't have."""
    if chosen is None:
        return ReferenceRecord(frame=None, kept=None, passed=False, why="no frame shows an object", attempts=())
    if chosen.kept.passed:
        why = f"attempt {chosen.index + 1} passed its checks"
    else:
        why = f"none of {len(chosen.attempts)} attempts passed; attempt {chosen.index + 1} came closest"
    return ReferenceRecord(
        frame=chosen.kept.ranked.frame,
        kept=chosen.index,
        passed=chosen.kept.passed,
        why=why,
        attempts=tuple(_attempt(attempt) for attempt in chosen.attempts),
    )


def _attempt(attempt: Attempt) -> AttemptRecord:
    return AttemptRecord(
        frame=attempt.ranked.frame,
        rank=round(attempt.ranked.rank, DECIMALS),
        parts=_rounded(attempt.ranked.parts),
        passed=attempt.passed,
        margin=None if attempt.margin is None else round(attempt.margin, DECIMALS),
        axes={
            axis.value: AxisRecord(
                value=None if judged.value is None else round(judged.value, DECIMALS), reason=judged.reason
            )
            for axis, judged in attempt.judged.items()
        },
        notes=_rounded(attempt.made.notes),
    )


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, DECIMALS) for name, value in values.items()}
