"""Recipe files: YAML, one on top of another, with single values set from the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from cointeract_curation.core.config import Recipe, build_recipe
from cointeract_curation.core.errors import ConfigurationError

EXTENDS = "extends"
SUFFIX = ".yaml"


def load_recipe(path: Path, overrides: Sequence[str] = (), library: Path | None = None) -> Recipe:
    """Read a recipe and apply ``key.subkey=value`` overrides, whose values are YAML.

    A recipe may build on another one: ``extends`` names a recipe of the same folder or of ``library``, or gives a path. What is
    written replaces what the other recipe says, key by key; rules of the policy come after those of the other one.

    Raises `ConfigurationError` that names the file, the key, the value and what is allowed.
    """
    mapping = _read(path, (), library)
    for override in overrides:
        apply_override(mapping, override)
    return build_recipe(mapping, str(path))


def _read(path: Path, above: tuple[Path, ...], library: Path | None) -> dict[str, Any]:
    """The mapping of a file and of what it extends. ``above`` are the files that extend it."""
    if path.resolve() in above:
        raise ConfigurationError(f"{path} extends itself, by way of {', '.join(file.name for file in above)}")
    try:
        mapping = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        asked = f", which {above[-1]} extends" if above else ""
        raise ConfigurationError(f"no recipe at {path}{asked}") from error
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path} is not YAML: {error}") from error
    if not isinstance(mapping, dict):
        raise ConfigurationError(f"{path} holds a {type(mapping).__name__}; a recipe is a mapping of keys")
    base = mapping.pop(EXTENDS, None)
    if base is None:
        return mapping
    if not isinstance(base, str):
        raise ConfigurationError(f"{path}: {EXTENDS} is {base!r}; name one recipe, or give the path of its file")
    file = path.parent / (base if Path(base).suffix else f"{base}{SUFFIX}")
    if library is not None and not file.exists() and not Path(base).suffix:
        file = library / file.name
    return merge(_read(file, (*above, path.resolve()), library), mapping)


def merge(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """``base`` with what ``change`` says instead, mapping by mapping; keys that are new come last."""
    merged = dict(base)
    for key, value in change.items():
        before = merged.get(key)
        merged[key] = merge(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return merged


def apply_override(mapping: dict[str, Any], override: str) -> None:
    """Set one value of a nested mapping from ``key.subkey=value``. Raises `ConfigurationError` where it has another form."""
    path, separator, text = override.partition("=")
    keys = path.strip().split(".")
    if not separator or not all(keys):
        raise ConfigurationError(f"--set {override!r}: write it as key.subkey=value, for example --set people.stride=2")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigurationError(f"--set {override!r}: the value is not YAML: {error}") from error
    place = mapping
    for key in keys[:-1]:
        inner = place.setdefault(key, {})
        if inner is None:
            inner = place[key] = {}
        if not isinstance(inner, dict):
            raise ConfigurationError(f"--set {override!r}: {key} is the value {inner!r}, it has no keys below it")
        place = inner
    place[keys[-1]] = value
