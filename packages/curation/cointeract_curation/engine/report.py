"""What a worker tells its engine about a unit."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum


class StageState(StrEnum):
    """How a stage ended for a unit."""

    DONE = "done"
    REUSED = "reused"
    REJECTED = "rejected"
    QUARANTINED = "quarantined"


@dataclass(frozen=True)
class StageReport:
    """One stage on one unit: how it ended and how long it worked (0 where the result was there already)."""

    stage: str
    state: StageState
    seconds: float


@dataclass(frozen=True)
class UnitReport:
    """What happened to a unit on its way through a chain of stages. The last stage tells whether it came through."""

    unit_id: str
    stages: tuple[StageReport, ...]

    @property
    def stopped(self) -> bool:
        """Whether the unit was rejected or quarantined, so that later stages leave it alone."""
        return bool(self.stages) and self.stages[-1].state in {StageState.REJECTED, StageState.QUARANTINED}

    def joined(self, later: UnitReport) -> UnitReport:
        """This report continued by that of a later worker."""
        return UnitReport(self.unit_id, self.stages + later.stages)

    def to_json(self) -> str:
        """One line of JSON: what travels between processes."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> UnitReport:
        """What `to_json` wrote."""
        fields = json.loads(text)
        stages = tuple(
            StageReport(item["stage"], StageState(item["state"]), item["seconds"]) for item in fields["stages"]
        )
        return cls(fields["unit_id"], stages)
