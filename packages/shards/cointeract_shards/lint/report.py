"""What a lint run found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from cointeract_shards import canonical_json


@dataclass(frozen=True)
class Violation:
    """One thing that doesn't follow the contract."""

    rule: str
    sample: str | None
    """Key of the sample; null if it concerns a shard or the manifest."""
    shard: str | None
    """`<split>/<file name>` of the shard; null where none is concerned."""
    message: str
    values: Mapping[str, Any] = field(default_factory=dict)
    """The numbers in the message, for a program."""

    def __str__(self) -> str:
        place = self.sample or self.shard or "data set"
        return f"{place}: {self.rule}: {self.message}"


@dataclass(frozen=True)
class Abstention:
    """A check that couldn't decide, and why; not a violation."""

    rule: str
    sample: str
    reason: str


@dataclass(frozen=True)
class LintReport:
    """The result of a run over a set of shards."""

    samples: int
    shards: int
    rules: tuple[str, ...]
    """Rules that were checked."""
    violations: tuple[Violation, ...]
    abstentions: tuple[Abstention, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.violations

    def counts(self) -> dict[str, int]:
        """Violations by rule, for the rules that have any."""
        return dict(sorted(Counter(violation.rule for violation in self.violations).items()))

    def to_json(self) -> bytes:
        """The report as canonical JSON."""
        return canonical_json.encode({**asdict(self), "ok": self.ok, "counts": self.counts()})
