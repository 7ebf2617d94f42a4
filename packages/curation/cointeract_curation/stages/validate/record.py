"""The record behind `validation.json`: what was judged on each axis, and why."""

from __future__ import annotations

from collections.abc import Mapping

from cointeract_curation.triplet.axes import Axis, Judged, overall
from cointeract_shards.records import Record, VersionedRecord

VALIDATION_FILE = "validation.json"
DECIMALS = 4


class AxisRecord(Record):
    """One axis."""

    value: float | None
    """0 to 1, higher is better; null where the judge abstains."""
    reason: str
    measured: dict[str, float | None]
    """What the value was made from."""


class ValidationRecord(VersionedRecord):
    """All axes of a triplet."""

    judge: str
    overall: float | None
    """The worst axis."""
    axes: dict[str, AxisRecord]


def validation_record(judge: str, judged: Mapping[Axis, Judged]) -> ValidationRecord:
    """The record of what ``judge`` said; an axis that it left out is one that it abstains from."""
    axes = {}
    for axis in Axis:
        item = judged.get(axis, Judged(None, f"{judge} doesn't judge this"))
        measured = {name: _rounded(value) for name, value in item.measured.items()}
        axes[axis.value] = AxisRecord(value=_rounded(item.value), reason=item.reason, measured=measured)
    return ValidationRecord(judge=judge, overall=_rounded(overall(judged)), axes=axes)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DECIMALS)
