"""Packing again without running a stage: after other packing settings, or after a policy was changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cointeract_curation.core.config import build_recipe
from cointeract_curation.core.errors import ConfigurationError
from cointeract_curation.engine.base import build_stages
from cointeract_curation.ledger import LedgerReader
from cointeract_curation.pack import damaged, needs_packing, pack
from cointeract_curation.report import write_report
from cointeract_curation.reviewed import ReviewCounts, select, tell
from cointeract_curation.status import open_ledger
from cointeract_curation.tables import write_tables
from cointeract_shards.recipe_layers import RecipeLayerError, apply_override

_SECTIONS = ("pack.", "policy.")


@dataclass(frozen=True)
class RepackResult:
    """How many samples the shards hold, whether they had to be written, and what people's reviews did."""

    samples: int
    written: bool
    reviews: ReviewCounts


def repack(root: str, overrides: Sequence[str]) -> RepackResult:
    """Decide, pack and report again from stored outcomes. ``overrides`` may change ``pack`` and ``policy`` settings.

    Raises `ConfigurationError` for other settings, while a run is going on, where clips would need stages to run first, or where
    artifacts were damaged on disk.
    """
    dataset, recipe, reader, ledger = open_ledger(root)
    foreign = [override for override in overrides if not override.startswith(_SECTIONS)]
    if foreign:
        raise ConfigurationError(
            f"pack can change pack.* and policy.*, not {foreign[0]!r}; use `cointeract curate --reconfigure` for stages"
        )
    mapping = recipe.to_mapping()
    try:
        for override in overrides:
            apply_override(mapping, override)
    except RecipeLayerError as error:
        raise ConfigurationError(str(error)) from error
    recipe = replace(build_recipe(mapping, "the data set's recipe with --set"), corrections=recipe.corrections)
    with dataset.lock():
        stages = build_stages(recipe)
        reader = LedgerReader(reader.store, stages, recipe)
        ledger = reader.read(list(reader.store.registered()))
        if ledger.pending:
            raise ConfigurationError(f"{ledger.pending} units have stages left to run; run `cointeract curate` first")
        selection = select(dataset, recipe, ledger)
        if needs_packing(dataset, stages, recipe, selection) and (keys := damaged(reader.store, stages, selection)):
            raise ConfigurationError(
                f"{len(keys)} results were changed on disk since they were made, first {keys[0].folder}; "
                "run `cointeract curate` to make them again"
            )
        dataset.prepare(recipe, reconfigure=True)
        tell(selection)
        write_tables(dataset, ledger)
        written = pack(dataset, reader.store, stages, recipe, ledger, selection)
        write_report(dataset, reader.store, stages, recipe, ledger, selection.counts)
    return RepackResult(len(selection.packed), written, selection.counts)
