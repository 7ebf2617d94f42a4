"""Everything that the page says, gathered from the ledger before anything is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import yaml

from cointeract_curation.core.config import Recipe
from cointeract_curation.core.dataset import Dataset
from cointeract_curation.core.fingerprint import AnyStage
from cointeract_curation.core.standing import Standing
from cointeract_curation.core.store import ArtifactStore
from cointeract_curation.ledger import Ledger, LedgerReader
from cointeract_curation.report.distributions import StageScores, stage_scores
from cointeract_curation.report.examples import ExampleSheet, example_sheets
from cointeract_curation.report.funnel import Funnel, file_funnel, funnel
from cointeract_curation.report.losses import LISTED_INPUTS, FailureGroup, LostInput, failure_groups, lost_inputs
from cointeract_curation.report.summary import Summary, summarise
from cointeract_curation.report.timings import Timings, stage_times
from cointeract_curation.reviewed import ReviewCounts


@dataclass(frozen=True)
class StageLine:
    """A stage as it was configured. ``revision`` names the versions of models and libraries that its results depend on."""

    name: str
    unit: str
    version: int
    backend: str
    revision: str


@dataclass(frozen=True)
class Page:
    """The content of a report, apart from the pictures. Equal stores and recipes give equal content."""

    root: str
    name: str
    recipe_name: str
    recipe_description: str
    recipe_yaml: str
    stages: tuple[StageLine, ...]
    summary: Summary
    file_funnel: Funnel
    source_funnel: Funnel
    clip_funnel: Funnel
    source_scores: tuple[StageScores, ...]
    clip_scores: tuple[StageScores, ...]
    timings: Timings
    sheets: tuple[ExampleSheet, ...]
    failures: tuple[FailureGroup, ...]
    lost: tuple[LostInput, ...]
    lost_total: int
    reviews: ReviewCounts | None
    """None where nobody reviewed the data set."""


def gather(
    dataset: Dataset,
    store: ArtifactStore,
    stages: Mapping[str, AnyStage],
    recipe: Recipe,
    ledger: Ledger,
    reviews: ReviewCounts | None = None,
) -> Page:
    """Everything but the pictures. Raises `AssertionError` where the numbers don't agree with the ledger."""
    reader = LedgerReader(store, dict(stages), recipe)
    chains = reader.chains
    # Spans have no rows of their own: a span that fails takes its source out, before the stage that waits for the spans.
    source_chain = [name for name in stages if name in (*chains.source, *chains.span)]
    source_standings = [row.standing for row in ledger.sources]
    lost = lost_inputs(ledger)
    return Page(
        root=dataset.root,
        name=dataset.root.rstrip("/").rsplit("/", 1)[-1],
        recipe_name=recipe.name,
        recipe_description=recipe.description,
        recipe_yaml=_recipe_yaml(recipe),
        stages=tuple(_stage_line(stage) for stage in stages.values()),
        summary=summarise(ledger, recipe.pack),
        file_funnel=file_funnel(ledger.files, chains.file, recipe.policy),
        source_funnel=funnel(source_standings, source_chain, recipe.policy),
        clip_funnel=funnel(ledger.clips, chains.clip, recipe.policy),
        source_scores=_scores(source_standings, chains.source, recipe),
        clip_scores=_scores(ledger.clips, chains.clip, recipe),
        timings=stage_times(ledger, reader, stages, store),
        sheets=tuple(example_sheets(ledger, chains.clip, recipe.policy)),
        failures=tuple(failure_groups(ledger, dataset.root)),
        lost=tuple(lost[:LISTED_INPUTS]),
        lost_total=len(lost),
        reviews=reviews if reviews is not None and reviews.any else None,
    )


def _scores(standings: Sequence[Standing], chain: Sequence[str], recipe: Recipe) -> tuple[StageScores, ...]:
    found = (stage_scores(standings, stage, recipe.policy) for stage in chain)
    return tuple(scores for scores in found if scores.units)


def _stage_line(stage: AnyStage) -> StageLine:
    backend = stage.config.model_dump().get("backend")
    return StageLine(stage.name, str(stage.unit), stage.version, str(backend or ""), stage.revision())


def _recipe_yaml(recipe: Recipe) -> str:
    """The resolved recipe without the part that changes no result."""
    mapping = {key: value for key, value in recipe.to_mapping().items() if key != "engine"}
    return yaml.safe_dump(mapping, sort_keys=False, allow_unicode=True)
