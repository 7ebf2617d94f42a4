"""Where a unit stands, read off the artifact store: what is finished, what the policy says, what failed.

Nothing else keeps this: progress, manifest, funnel and status are all derived from outcomes and attempts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from cointeract_curation.core.fingerprint import AnyUnit, Lineage
from cointeract_curation.core.outcome import Attempt, AttemptLimits, Outcome
from cointeract_curation.core.policy import Policy, Rejection
from cointeract_curation.core.store import ArtifactStore


class State(StrEnum):
    """How a unit stands. ``pending`` is work that is still to be done; a finished run has none."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    QUARANTINED = "quarantined"
    PENDING = "pending"


@dataclass(frozen=True)
class Standing:
    """A unit, how far it came and why it stopped there.

    ``stage`` is where it stopped (empty if it came through). ``outcomes`` holds the finished stages up to there and none beyond,
    so that a unit's record doesn't depend on what an earlier, looser run had computed.
    """

    unit: AnyUnit
    state: State
    stage: str = ""
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    rejection: Rejection | None = None
    failure: Attempt | None = None

    @property
    def settled(self) -> bool:
        """Whether nothing is left to do for it."""
        return self.state != State.PENDING

    @property
    def reason(self) -> str:
        """Why it stopped, in one line; empty if it came through."""
        if self.rejection is not None:
            return str(self.rejection)
        if self.failure is not None:
            return f"{self.failure.error_type}: {self.failure.message}"
        return ""


@dataclass(frozen=True)
class Register:
    """Reads standings. ``verify`` also checks that finished artifacts are there with their sizes.

    ``carried_on`` are units that go through all stages although a rule rejects them: people want to see, or have, what comes of them.
    Such a unit is rejected as it was, at the stage where it was, with the outcomes of all stages.
    """

    store: ArtifactStore
    lineage: Lineage
    policy: Policy
    limits: AttemptLimits
    verify: bool = False
    carried_on: frozenset[str] = frozenset()

    def standing(self, unit: AnyUnit, chain: Sequence[str]) -> Standing:
        """How ``unit`` stands on the stages of ``chain``."""
        outcomes: dict[str, Outcome] = {}
        rejected: tuple[str, Rejection] | None = None
        for name in chain:
            key = self.lineage.key(name, unit)
            outcome = self.store.outcome(key)
            if outcome is not None and self.verify and not self.store.intact(key, outcome):
                return Standing(unit, State.PENDING, name, outcomes)
            if outcome is None:
                trial = self.store.trial(key)
                if trial.exhausted(self.limits):
                    if rejected is not None:
                        return Standing(unit, State.REJECTED, rejected[0], outcomes, rejection=rejected[1])
                    return Standing(unit, State.QUARANTINED, name, outcomes, failure=trial.last)
                return Standing(unit, State.PENDING, name, outcomes)
            outcomes[name] = outcome
            rejection = self.policy.judge(name, {stage: found.scores for stage, found in outcomes.items()})
            if rejection is not None:
                rejected = rejected or (name, rejection)
                if unit.unit_id not in self.carried_on:
                    break
        if rejected is not None:
            return Standing(unit, State.REJECTED, rejected[0], outcomes, rejection=rejected[1])
        return Standing(unit, State.ACCEPTED, "", outcomes)
