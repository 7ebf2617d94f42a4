"""The policy: named thresholds over scores. Stages measure, the policy decides, and it can decide again in seconds.

A rule looks at one score, named ``<stage>.<score>``, and rejects a unit whose value lies outside ``min`` .. ``max``. It is applied
as soon as that stage is done, which spares the later stages, or after the stage that ``at`` names, so that a more telling reason
can come first. Rules of one moment are applied in the order they are written; the first one that a unit fails is its reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cointeract_curation.core.errors import ConfigurationError
from cointeract_curation.core.stage import Scores
from cointeract_shards.rules import Rule

__all__ = ["Policy", "Rejection", "Rule"]


@dataclass(frozen=True)
class Rejection:
    """Why the policy turned a unit down: the rule, the value that was measured (None: could not be), the bound it broke."""

    stage: str
    rule: str
    score: str
    value: float | None
    threshold: float
    message: str

    def __str__(self) -> str:
        measured = "not measured" if self.value is None else f"{self.value:g}"
        return f"{self.message} ({self.score} is {measured}, the bound is {self.threshold:g})"


@dataclass(frozen=True)
class Policy:
    """All rules of a recipe, by name."""

    rules: Mapping[str, Rule]

    def judge(self, stage: str, scores: Mapping[str, Scores]) -> Rejection | None:
        """The first rule applied after ``stage`` that the unit breaks, or None. ``scores`` holds those of every finished stage.

        Raises `ConfigurationError` for a rule that names a score which its stage doesn't report.
        """
        for name, rule in self.rules.items():
            if rule.applied_at != stage:
                continue
            score = rule.score.split(".", 1)[1]
            measured = scores[rule.stage]
            if score not in measured:
                known = ", ".join(sorted(measured))
                raise ConfigurationError(
                    f"policy.{name} reads {rule.score}, which the stage doesn't report; it reports {known}"
                )
            value = measured[score]
            bound = rule.broken_bound(value)
            if bound is not None:
                number = None if value is None or isinstance(value, str) else float(value)
                return Rejection(stage, name, rule.score, number, bound, rule.message)
        return None
