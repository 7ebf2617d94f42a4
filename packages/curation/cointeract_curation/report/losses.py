"""Units that are not accepted and need a look: files and sources that dropped out, and everything that is quarantined."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from cointeract_curation.core.standing import Standing, State
from cointeract_curation.core.units import FileUnit, SourceUnit, source_of
from cointeract_curation.ledger import DUPLICATE, Ledger
from cointeract_curation.report import formats
from cointeract_curation.report.funnel import failure_name

LISTED_INPUTS = 50
LISTED_UNITS = 10


@dataclass(frozen=True)
class LostInput:
    """A file or source that no clip comes from."""

    path: str
    unit_id: str
    state: str
    stage: str
    reason: str


@dataclass(frozen=True)
class FailedUnit:
    """A quarantined unit. ``command`` gives it another chance."""

    unit_id: str
    kind: str
    path: str
    message: str
    attempts: int
    command: str


@dataclass(frozen=True)
class FailureGroup:
    """Units that failed in the same stage with the same kind of error. ``traceback`` is that of the first one."""

    stage: str
    name: str
    total: int
    units: tuple[FailedUnit, ...]
    traceback: str

    @property
    def anchor(self) -> str:
        """Id of the group on the page."""
        return formats.anchor("failed", self.stage, self.name)


def lost_inputs(ledger: Ledger) -> list[LostInput]:
    """Every file without a source of its own, and every source that isn't accepted, by path."""
    lost = []
    for row in ledger.files:
        if row.duplicate_of:
            lost.append(
                LostInput(row.unit.path, row.unit.unit_id, DUPLICATE, "", f"the same content as {row.duplicate_of}")
            )
        elif row.standing.state != State.ACCEPTED:
            lost.append(_lost(row.unit.path, row.standing))
    lost += [_lost(row.unit.path, row.standing) for row in ledger.sources if row.standing.state != State.ACCEPTED]
    return sorted(lost, key=lambda item: item.path)


def _lost(path: str, standing: Standing) -> LostInput:
    return LostInput(
        path, standing.unit.unit_id, str(standing.state), standing.stage, standing.reason or "not done yet"
    )


def failure_groups(ledger: Ledger, root: str) -> list[FailureGroup]:
    """All quarantined units by stage and kind of error, the largest group first. ``root`` is the data set's path or URL."""
    groups: dict[tuple[str, str], list[Standing]] = {}
    for standing in _quarantined(ledger):
        groups.setdefault((standing.stage, failure_name(standing.failure)), []).append(standing)
    ordered = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    return [_group(stage, name, standings, root) for (stage, name), standings in ordered]


def _quarantined(ledger: Ledger) -> Iterator[Standing]:
    for standing in (*(row.standing for row in ledger.files), *(row.standing for row in ledger.sources), *ledger.clips):
        if standing.state == State.QUARANTINED:
            yield standing


def _group(stage: str, name: str, standings: list[Standing], root: str) -> FailureGroup:
    first = standings[0].failure
    units = tuple(_failed(standing, root) for standing in standings[:LISTED_UNITS])
    return FailureGroup(stage, name, len(standings), units, first.traceback.strip() if first is not None else "")


def _failed(standing: Standing, root: str) -> FailedUnit:
    unit = standing.unit
    path = unit.path if isinstance(unit, FileUnit | SourceUnit) else source_of(unit).path
    failure = standing.failure
    command = f"cointeract requeue {shlex.quote(root)} --unit {unit.unit_id}"
    if failure is None:
        raise AssertionError(f"{unit.unit_id} is quarantined without a recorded attempt")
    return FailedUnit(unit.unit_id, str(unit.kind), path, failure.message, failure.number, command)
