"""The funnel: every step that units pass, in the order applied, with how many enter it, are lost in it and remain.

Stages fail units before the policy judges them, so a stage's failures come before its rules. A unit leaves at the first rule that
it breaks; how many break a rule at all, wherever they left, is counted beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.core.errors import ConfigurationError
from cointeract_curation.core.outcome import Attempt
from cointeract_curation.core.policy import Policy, Rule
from cointeract_curation.core.standing import Standing, State
from cointeract_curation.ledger import DUPLICATE, FileRow
from cointeract_curation.report import formats


class StepKind(StrEnum):
    """What a step loses units to."""

    RULE = "rule"
    FAILURE = "failure"
    DUPLICATE = "duplicate"
    PENDING = "pending"


@dataclass(frozen=True)
class Step:
    """One step. ``remaining`` is ``entering - lost``.

    For a rule: ``bound`` in words; ``measured`` units that have its score at all (or a null there), ``broken`` those of them that
    break it, ``alone`` those that were lost to it and break no other rule, so that they would pass every measured rule without it.
    """

    stage: str
    kind: StepKind
    name: str
    message: str
    entering: int
    lost: int
    bound: str = ""
    measured: int | None = None
    broken: int | None = None
    alone: int | None = None

    @property
    def remaining(self) -> int:
        """Units that go on to the next step."""
        return self.entering - self.lost

    @property
    def anchor(self) -> str:
        """Id of the step's examples on the page."""
        return formats.anchor(self.stage, self.kind, self.name)


@dataclass(frozen=True)
class Funnel:
    """All steps of one kind of unit. ``leaves`` is what remains after the last step."""

    enters: int
    steps: tuple[Step, ...]

    @property
    def leaves(self) -> int:
        """Units that came through."""
        return self.steps[-1].remaining if self.steps else self.enters


def failure_name(failure: Attempt | None) -> str:
    """What a failure is called on the page: its error's type, or how the try ended where there was no error to catch."""
    if failure is None:
        return "unknown"
    return failure.error_type or str(failure.kind or failure.state)


def bound_text(rule: Rule) -> str:
    """What a rule asks for."""
    low = "" if rule.min is None else f"≥ {formats.number(rule.min)}"
    high = "" if rule.max is None else f"≤ {formats.number(rule.max)}"
    return " and ".join(part for part in (low, high) if part)


def file_funnel(files: Sequence[FileRow], chain: Sequence[str], policy: Policy) -> Funnel:
    """From input files to sources: what could not be read, what the policy turns down, and what is there twice."""
    readable = funnel([row.standing for row in files], chain, policy)
    duplicates = sum(bool(row.duplicate_of) for row in files)
    if not duplicates:
        return readable
    message = "the same content as another file"
    step = Step(chain[-1], StepKind.DUPLICATE, DUPLICATE, message, readable.leaves, duplicates)
    return Funnel(len(files), (*readable.steps, step))


def funnel(standings: Sequence[Standing], chain: Sequence[str], policy: Policy) -> Funnel:
    """From units to accepted units, along the stages of ``chain``.

    Raises `AssertionError` where the steps don't add up to the accepted units, `ConfigurationError` for a rule on a score that a
    stage doesn't report.
    """
    rules = {name: rule for stage in chain for name, rule in policy.rules.items() if rule.applied_at == stage}
    broken = {name: _broken(standings, rule, name) for name, rule in rules.items()}
    total = np.sum([flags for flags, _ in broken.values()], axis=0) if broken else np.zeros(len(standings), int)
    lost_to = np.array([standing.rejection.rule if standing.rejection else "" for standing in standings], dtype=object)
    steps: list[Step] = []
    entering = len(standings)
    by_stage: dict[str, list[Standing]] = {}
    for standing in standings:
        by_stage.setdefault(standing.stage, []).append(standing)
    for stage in chain:
        here = _failures(by_stage.get(stage, []), entering)
        entering = here[-1].remaining if here else entering
        steps += here
        for name, rule in rules.items():
            if rule.applied_at != stage:
                continue
            flags, measured = broken[name]
            lost = lost_to == name
            alone = int(np.count_nonzero(lost & (total == 1)))
            step = Step(
                stage,
                StepKind.RULE,
                name,
                rule.message,
                entering,
                int(np.count_nonzero(lost)),
                f"{rule.score} {bound_text(rule)}",
                measured,
                int(np.count_nonzero(flags)),
                alone,
            )
            entering = step.remaining
            steps.append(step)
    accepted = sum(standing.state == State.ACCEPTED for standing in standings)
    if entering != accepted:
        raise AssertionError(f"the funnel ends with {entering} units, but {accepted} were accepted")
    return Funnel(len(standings), tuple(steps))


def _failures(standings: Sequence[Standing], entering: int) -> list[Step]:
    """Steps for the quarantined, by kind of error, the most frequent first, and for those not finished."""
    failed = Counter(
        (standing.stage, failure_name(standing.failure))
        for standing in standings
        if standing.state == State.QUARANTINED
    )
    pending = Counter(standing.stage for standing in standings if standing.state == State.PENDING)
    losses = [
        (stage, StepKind.FAILURE, name, "quarantined: the stage failed", lost)
        for (stage, name), lost in sorted(failed.items(), key=lambda item: (-item[1], item[0]))
    ]
    losses += [(stage, StepKind.PENDING, "pending", "not done yet", lost) for stage, lost in sorted(pending.items())]
    steps: list[Step] = []
    for stage, kind, name, message, lost in losses:
        steps.append(Step(stage, kind, name, message, entering, lost))
        entering -= lost
    return steps


def _broken(standings: Sequence[Standing], rule: Rule, name: str) -> tuple[NDArray[np.bool_], int]:
    """Which units break ``rule`` wherever they were lost, ``(units,)`` bool, and how many reached the stage that it reads."""
    flags = np.zeros(len(standings), dtype=bool)
    measured = 0
    stage, score = rule.score.split(".", 1)
    for index, standing in enumerate(standings):
        outcome = standing.outcomes.get(stage)
        if outcome is None:
            continue
        if score not in outcome.scores:
            known = ", ".join(sorted(outcome.scores))
            raise ConfigurationError(
                f"policy.{name} reads {rule.score}, which the stage doesn't report; it reports {known}"
            )
        measured += 1
        flags[index] = rule.broken_bound(outcome.scores[score]) is not None
    return flags, measured
