"""Recipes of training: YAML, one on top of another, with single values set from the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from cointeract_shards.recipe_layers import RecipeLayerError, apply_override, merge, problems_of, read_layers
from cointeract_train.config import TrainConfig
from cointeract_train.errors import RecipeError


def load_recipe(
    path: Path, overrides: Sequence[str] = (), *, dataset: str | None = None, library: Path | None = None
) -> TrainConfig:
    """Read a recipe and apply `key.subkey=value` settings, whose values are YAML.

    Args:
        path: of the recipe; `extends: name` in it lays it over another one, key by key.
        overrides: settings.
        dataset: becomes `data.root`.
        library: folder of the recipes that `extends` knows by name, beside those of the same folder.

    Raises:
        RecipeError: naming the file, the key, the value, and what is allowed.
    """
    try:
        values = read_layers(path, library=library)
        if dataset is not None:
            values = merge(values, {"data": {"root": dataset}})
        for override in overrides:
            apply_override(values, override)
    except RecipeLayerError as error:
        raise RecipeError(str(error)) from error
    return build_config(values, str(path))


def build_config(values: Mapping[str, Any], where: str) -> TrainConfig:
    """Check a mapping and fill in defaults; `where` names it in messages. Raises `RecipeError` with all problems at once."""
    try:
        return TrainConfig.model_validate(dict(values))
    except ValidationError as error:
        raise RecipeError(f"{where}: {problems_of(error, TrainConfig)}") from error


def config_text(config: TrainConfig) -> str:
    """The settings with every default written out, as YAML."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=120)
