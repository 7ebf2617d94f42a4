"""Rules of a policy: named thresholds over scores, as a data set's configuration states them.

A rule looks at one score, named `<stage>.<score>`, and turns a unit down whose value lies outside `min` .. `max`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cointeract_shards.errors import ContractError
from cointeract_shards.records import Score, describe

POLICY_KEY = "policy"


class RuleError(ContractError):
    """A rule can't be read, or can't be applied to the score that it names."""


class Rule(BaseModel):
    """One threshold. `min` and `max` are inclusive: a value equal to them passes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    score: str = Field(pattern=r"^[a-z_0-9]+\.[a-z_0-9]+$", description="<stage>.<score>")
    min: float | None = None
    max: float | None = None
    at: str | None = Field(default=None, description="the stage after which the rule is applied; null: the score's own")
    message: str = Field(description="what a rejected clip is told, in words")
    when_missing: Literal["reject", "pass"] = Field(
        default="reject", description="what happens where the stage could not measure the score (it is null)"
    )

    @model_validator(mode="after")
    def _bounded(self) -> Rule:
        if self.min is None and self.max is None:
            raise ValueError("a rule needs `min`, `max` or both; set the whole rule to null to switch it off")
        return self

    @property
    def stage(self) -> str:
        """The stage whose score the rule reads."""
        return self.score.split(".", 1)[0]

    @property
    def applied_at(self) -> str:
        """The stage after which the rule is applied."""
        return self.at or self.stage

    def broken_bound(self, value: Score) -> float | None:
        """The bound that `value` breaks, or None where it passes. A missing value counts as breaking the first bound there is.

        Raises:
            RuleError: the score is text.
        """
        if value is None:
            return None if self.when_missing == "pass" else (self.min if self.min is not None else self.max)
        if isinstance(value, str):
            raise RuleError(f"rule on {self.score}: the score is the text {value!r}; a rule needs a number")
        number = float(value)
        if self.min is not None and not number >= self.min:
            return self.min
        if self.max is not None and not number <= self.max:
            return self.max
        return None


def read_rules(recipe: Mapping[str, Any], where: str) -> dict[str, Rule]:
    """The rules of a stored recipe, by name, in the order they are applied within a stage.

    Raises:
        RuleError: one isn't a rule; the message names it.
    """
    rules = {}
    for name, content in (recipe.get(POLICY_KEY) or {}).items():
        if content is None:
            continue
        try:
            rules[str(name)] = Rule.model_validate(content)
        except ValidationError as error:
            raise RuleError(f"{where}: {POLICY_KEY}.{name}: {describe(error)}") from error
    return rules
