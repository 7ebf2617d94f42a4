"""What a data set looks like right now, during a run or after it, and giving quarantined units another chance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from cointeract_curation.core.config import Recipe, build_recipe
from cointeract_curation.core.corrections import read_corrections
from cointeract_curation.core.dataset import Dataset
from cointeract_curation.core.errors import ConfigurationError
from cointeract_curation.core.fingerprint import AnyUnit, ArtifactKey
from cointeract_curation.core.open_store import open_store
from cointeract_curation.core.standing import Standing, State
from cointeract_curation.core.units import FileUnit, SourceUnit, source_of
from cointeract_curation.engine.base import build_stages
from cointeract_curation.ledger import Ledger, LedgerReader
from cointeract_curation.reviewed import ReviewCounts, select


@dataclass(frozen=True)
class Problem:
    """A unit that was quarantined: which, what it is, where it stopped, why, and after how many tries."""

    unit: str
    subject: str
    stage: str
    kind: str
    error_type: str
    message: str
    attempts: int


@dataclass(frozen=True)
class Status:
    """Counts of a data set, the reasons of what was turned down, and every quarantined unit."""

    root: str
    recipe: str
    counts: dict[str, dict[str, int]]
    rejected: dict[str, int]
    quarantined: list[Problem]
    pending: int
    reviews: ReviewCounts

    def to_mapping(self) -> dict[str, Any]:
        """Plain data for a script."""
        return asdict(self)


def open_ledger(root: str) -> tuple[Dataset, Recipe, LedgerReader, Ledger]:
    """Read a data set as it stands, under its own stored recipe. Raises `ConfigurationError` where there is none."""
    dataset = Dataset(root)
    recipe = build_recipe(dataset.stored()["recipe"], f"{root}/dataset.yaml")
    recipe = replace(recipe, corrections=read_corrections(dataset.location()))
    reader = LedgerReader(open_store(dataset.root), build_stages(recipe), recipe)
    return dataset, recipe, reader, reader.read(list(reader.store.registered()))


def status(root: str) -> Status:
    """How the data set at ``root`` stands. Raises `ConfigurationError` where there is none."""
    dataset, recipe, reader, ledger = open_ledger(root)
    rejected = Counter(
        f"{standing.rejection.stage}: {standing.rejection.rule}"
        for standing in _standings(ledger)
        if standing.rejection is not None
    )
    problems = [_problem(standing, reader) for standing in _standings(ledger) if standing.state == State.QUARANTINED]
    reviews = select(dataset, recipe, ledger).counts
    return Status(
        dataset.root, recipe.name, ledger.counts(), dict(rejected.most_common()), problems, ledger.pending, reviews
    )


def requeue(root: str, units: Sequence[str] = ()) -> list[str]:
    """Give quarantined units another chance: forget their attempts. Returns the ids.

    ``units`` are ids as `status` shows them; none means all. Raises `ConfigurationError` for an id that isn't quarantined, or
    where a run is going on.
    """
    dataset, _, reader, ledger = open_ledger(root)
    quarantined = {
        standing.unit.unit_id: standing for standing in _standings(ledger) if standing.state == State.QUARANTINED
    }
    # A span's failure is told with its source; either name finds it.
    unknown = sorted(set(units) - set(quarantined))
    if unknown:
        known = ", ".join(sorted(quarantined)) or "none"
        raise ConfigurationError(f"not quarantined in {root}: {', '.join(unknown)} (quarantined are: {known})")
    chosen = sorted(units) if units else sorted(quarantined)
    with dataset.lock():
        for unit_id in chosen:
            for key in _failed_keys(quarantined[unit_id], reader):
                reader.store.clear_attempts(key)
    return chosen


def _standings(ledger: Ledger) -> Iterator[Standing]:
    yield from (row.standing for row in ledger.files)
    yield from (row.standing for row in ledger.sources)
    yield from ledger.clips


def _failed_keys(standing: Standing, reader: LedgerReader) -> list[ArtifactKey]:
    return [reader.lineage.key(standing.stage, unit) for unit in _holders(standing, reader)]


def _holders(standing: Standing, reader: LedgerReader) -> list[AnyUnit]:
    """The units whose attempts quarantined this one: itself, or the spans of a source that could not be searched."""
    if isinstance(standing.unit, SourceUnit) and standing.stage in reader.chains.span:
        return [*reader.spans(standing.unit)]
    return [standing.unit]


def _problem(standing: Standing, reader: LedgerReader) -> Problem:
    failure = standing.failure
    attempts = sum(len(reader.store.trial(key).attempts) for key in _failed_keys(standing, reader))
    unit = standing.unit
    subject = unit.path if isinstance(unit, FileUnit) else source_of(unit).path
    return Problem(
        unit.unit_id,
        subject,
        standing.stage,
        str(failure.kind) if failure and failure.kind else "",
        failure.error_type if failure else "",
        failure.message if failure else "",
        attempts,
    )
