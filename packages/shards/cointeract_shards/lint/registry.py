"""The rules of lint: a name, one line of description, and a function each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cointeract_shards.errors import ContractError
from cointeract_shards.lint.view import SampleView, SetView


@dataclass(frozen=True)
class Finding:
    """A violation as a rule states it; the run adds the rule's name and, for a rule over samples, the place."""

    message: str
    values: Mapping[str, Any] = field(default_factory=dict)
    sample: str | None = None
    shard: str | None = None


@dataclass(frozen=True)
class Abstained:
    """A rule can't decide, with the reason."""

    reason: str


SampleCheck = Callable[[SampleView], Iterator[Finding | Abstained]]
SetCheck = Callable[[SetView], Iterator[Finding]]


@dataclass(frozen=True)
class SampleRule:
    """A rule that looks at one sample."""

    name: str
    summary: str
    check: SampleCheck


@dataclass(frozen=True)
class SetRule:
    """A rule that looks at all samples together."""

    name: str
    summary: str
    check: SetCheck


SAMPLE_RULES: dict[str, SampleRule] = {}
SET_RULES: dict[str, SetRule] = {}

READING_RULES = {
    "shard-readable": "every shard is a whole tar, of the size its index states",
    "manifest-readable": "the manifest is a whole parquet file of a known version",
}
"""What is found while reading, before any rule can look at a sample."""


def sample_rule(name: str, summary: str) -> Callable[[SampleCheck], SampleCheck]:
    """Register a rule over one sample."""

    def register(check: SampleCheck) -> SampleCheck:
        SAMPLE_RULES[name] = SampleRule(name, summary, check)
        return check

    return register


def set_rule(name: str, summary: str) -> Callable[[SetCheck], SetCheck]:
    """Register a rule over all samples."""

    def register(check: SetCheck) -> SetCheck:
        SET_RULES[name] = SetRule(name, summary, check)
        return check

    return register


def describe_rules() -> dict[str, str]:
    """Every rule's name and description, sorted by name."""
    sample_rules = {rule.name: rule.summary for rule in SAMPLE_RULES.values()}
    set_rules = {rule.name: rule.summary for rule in SET_RULES.values()}
    return dict(sorted({**sample_rules, **set_rules, **READING_RULES}.items()))


def chosen_rules(names: Sequence[str] | None) -> tuple[str, ...]:
    """The names that were asked for, or all.

    Raises:
        ContractError: a name that isn't a rule's.
    """
    known = describe_rules()
    for name in names or ():
        if name not in known:
            raise ContractError(f"there is no lint rule {name!r}; the rules are {', '.join(known)}")
    return tuple(names) if names is not None else tuple(known)
