"""What an engine is given and what it gives back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from cointeract_curation.core.config import Recipe, build_recipe
from cointeract_curation.core.corrections import Corrections
from cointeract_curation.core.errors import ConfigurationError
from cointeract_curation.core.fingerprint import AnyStage, AnyUnit
from cointeract_curation.core.open_store import open_store
from cointeract_curation.core.registry import STAGES
from cointeract_curation.core.stage import Resources
from cointeract_curation.engine.guard import Guard
from cointeract_curation.engine.report import UnitReport
from cointeract_curation.engine.worker import ChainWorker


@dataclass(frozen=True)
class Pool:
    """Neighbouring stages fused into one worker, because they need the same resources."""

    stages: tuple[str, ...]
    resources: Resources


@dataclass(frozen=True)
class Job:
    """Everything a worker needs to know, as plain data that travels to another process."""

    root: str
    recipe: Mapping[str, Any]
    run: str
    corrections: Mapping[str, Any] = field(default_factory=dict, kw_only=True)

    def worker(self, chain: tuple[str, ...], guard: Guard) -> ChainWorker:
        """A worker for the stages of ``chain``, not yet set up."""
        recipe = replace(
            build_recipe(self.recipe, "the run's recipe"), corrections=Corrections.model_validate(self.corrections)
        )
        return ChainWorker(
            build_stages(recipe),
            chain,
            open_store(self.root),
            recipe.policy,
            recipe.attempts,
            self.run,
            guard,
            dict(recipe.engine.time_limits),
            frozenset(recipe.corrections.carried_on),
        )


class Engine(Protocol):
    """Takes units through a chain of stages. Reports come in any order; a unit may be missing if its worker died every time."""

    def run(self, job: Job, pools: Sequence[Pool], units: Sequence[AnyUnit]) -> Iterator[UnitReport]:
        """Run ``units`` through ``pools``, in order, and yield a report for each."""

    def close(self) -> None:
        """Let go of processes that the engine started."""


def build_stages(recipe: Recipe) -> dict[str, AnyStage]:
    """Every stage that the recipe configures and this version has, in order, configured but not set up.

    Raises `ConfigurationError` for a stage that reads what no stage of the recipe makes.
    """
    stages = {name: STAGES[name].build(recipe.stages[name]) for name in recipe.runnable}
    for name, stage in stages.items():
        missing = [required for required in stage.requires if required not in recipe.stages]
        if missing:
            raise ConfigurationError(
                f"stage {name} reads {', '.join(missing)}, which the recipe doesn't have; add {missing[0]}, or set {name} to null"
            )
        stage.corrections = recipe.corrections.of_parts(stage.corrects)
    return stages


def fuse(stages: Sequence[AnyStage]) -> list[Pool]:
    """Neighbouring stages with equal resources share a pool, so that a clip is decoded once and a small machine needs one pool."""
    pools: list[Pool] = []
    for stage in stages:
        if pools and pools[-1].resources == stage.resources:
            pools[-1] = Pool((*pools[-1].stages, stage.name), stage.resources)
        else:
            pools.append(Pool((stage.name,), stage.resources))
    return pools
