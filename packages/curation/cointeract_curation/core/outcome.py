"""What a stage's work on a unit came to, and how many tries it gets. The records themselves belong to the contract."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field

from cointeract_shards.outcome import ArtifactFile, Attempt, AttemptState, FailureKind, Outcome

__all__ = ["ArtifactFile", "Attempt", "AttemptLimits", "AttemptState", "FailureKind", "Outcome", "Trial"]


class AttemptLimits(BaseModel):
    """How many tries a unit gets before it is quarantined.

    ``failures`` counts errors, crashes and time-outs within a run. ``interruptions`` counts tries that ended together with their
    whole run (power, ``kill -9`` of everything): mostly not the unit's fault, but a unit that takes the run down with it every
    time must not do so for ever.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    failures: int = Field(default=2, ge=1)
    interruptions: int = Field(default=4, ge=1)


@dataclass(frozen=True)
class Trial:
    """All attempts of one stage on one unit."""

    attempts: list[Attempt] = field(default_factory=list)

    def exhausted(self, limits: AttemptLimits) -> bool:
        """Whether the unit is quarantined."""
        kinds = [attempt.kind for attempt in self.attempts if attempt.state == AttemptState.FAILED]
        if FailureKind.UNUSABLE in kinds:
            return True
        interruptions = kinds.count(FailureKind.INTERRUPTED)
        return len(kinds) - interruptions >= limits.failures or interruptions >= limits.interruptions

    @property
    def last(self) -> Attempt | None:
        """The most recent try."""
        return self.attempts[-1] if self.attempts else None
