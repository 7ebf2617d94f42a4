"""Recipe files of curation: YAML, one on top of another, with single values set from the command line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cointeract_curation.core.config import Recipe, build_recipe
from cointeract_curation.core.errors import ConfigurationError
from cointeract_shards.recipe_layers import RecipeLayerError, read_layers


def load_recipe(path: Path, overrides: Sequence[str] = (), library: Path | None = None) -> Recipe:
    """Read a recipe and apply ``key.subkey=value`` overrides, whose values are YAML.

    A recipe may build on another one: ``extends`` names a recipe of the same folder or of ``library``, or gives a path. What is
    written replaces what the other recipe says, key by key; rules of the policy come after those of the other one.

    Raises `ConfigurationError` that names the file, the key, the value and what is allowed.
    """
    try:
        mapping = read_layers(path, overrides, library=library)
    except RecipeLayerError as error:
        raise ConfigurationError(str(error)) from error
    return build_recipe(mapping, str(path))
