"""Recipes and settings as YAML: one file on top of another, single values set from the command line, what is wrong in words.

What a recipe holds is its package's own affair; here are mappings only.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

EXTENDS, SUFFIX = "extends", ".yaml"


class RecipeLayerError(ValueError):
    """A file that is no recipe, or a setting of another form. Packages raise it as an error of their own."""


def read_layers(path: Path, overrides: Sequence[str] = (), *, library: Path | None = None) -> dict[str, Any]:
    """A recipe's keys, laid over those of the recipe that it extends, with single values set in the end.

    Args:
        path: of the recipe. `extends: name` in it names a recipe of the same folder or of `library`, or a file.
        overrides: settings, `key.subkey=value`.
        library: folder of the recipes that are known by name.

    Raises:
        RecipeLayerError: naming the file or the setting, and what is wrong.
    """
    values = _read(path, (), library)
    for override in overrides:
        apply_override(values, override)
    return values


def merge(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with what `change` says instead, mapping by mapping; keys that are new come last."""
    merged = dict(base)
    for key, value in change.items():
        before = merged.get(key)
        merged[key] = merge(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return merged


def apply_override(values: dict[str, Any], override: str) -> None:
    """Set one value of a nested mapping from `key.subkey=value`, whose value is YAML.

    Raises:
        RecipeLayerError: it has another form.
    """
    path, separator, text = override.partition("=")
    keys = path.strip().split(".")
    if not separator or not all(keys):
        raise RecipeLayerError(f"--set {override!r}: write it as key.subkey=value, such as --set data.workers=2")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise RecipeLayerError(f"--set {override!r}: the value is not YAML: {error}") from error
    place = values
    for key in keys[:-1]:
        inner = place.get(key)
        inner = place[key] = {} if inner is None else inner
        if not isinstance(inner, dict):
            raise RecipeLayerError(f"--set {override!r}: {key} is the value {inner!r}, it has no keys below it")
        place = inner
    place[keys[-1]] = value


def problems_of(error: ValidationError, model: type[BaseModel]) -> str:
    """All that is wrong with settings, in one line; a key that isn't known comes with the nearest one of `model`."""
    known = sorted(_keys(model))
    return "; ".join(_problem(item["loc"], item["msg"], item["type"], item["input"], known) for item in error.errors())


def _read(path: Path, above: tuple[Path, ...], library: Path | None) -> dict[str, Any]:
    """The mapping of a file and of what it extends. `above` are the files that extend it."""
    if path.resolve() in above:
        raise RecipeLayerError(f"{path} extends itself, by way of {', '.join(file.name for file in above)}")
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        asked = f", which {above[-1]} extends" if above else ""
        raise RecipeLayerError(f"no recipe at {path}{asked}") from error
    except OSError as error:
        raise RecipeLayerError(f"recipe {path} can't be read ({error.strerror})") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RecipeLayerError(f"{path} is not YAML: {error}") from error
    if not isinstance(values, dict):
        raise RecipeLayerError(f"{path} holds a {type(values).__name__}; a recipe is a mapping of keys")
    base = values.pop(EXTENDS, None)
    if base is None:
        return values
    if not isinstance(base, str):
        raise RecipeLayerError(f"{path}: {EXTENDS} is {base!r}; name one recipe, or give the path of its file")
    file = path.parent / (base if Path(base).suffix else f"{base}{SUFFIX}")
    if library is not None and not file.exists() and not Path(base).suffix:
        file = library / file.name
    return merge(_read(file, (*above, path.resolve()), library), values)


def _problem(place: tuple[int | str, ...], message: str, kind: str, value: object, known: list[str]) -> str:
    key = ".".join(str(part) for part in place)
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(place[-1]), known, n=1)
        return f"{key} isn't a setting" + (f"; did you mean {near[0]}?" if near else "")
    if kind == "value_error":
        return message.removeprefix("Value error, ")
    if kind == "missing":
        return f"{key} is missing"
    return f"{key} is {value!r}: {message[:1].lower()}{message[1:]}"


def _keys(model: type[BaseModel]) -> set[str]:
    names: set[str] = set()
    for name, field in model.model_fields.items():
        names.add(name)
        for inner in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                names |= _keys(inner)
    return names
