"""Recipes of training: YAML, one on top of another, with single values set from the command line."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from cointeract_train.config import TrainConfig
from cointeract_train.errors import RecipeError

EXTENDS, SUFFIX = "extends", ".yaml"


def load_recipe(path: Path, overrides: Sequence[str] = (), *, dataset: str | None = None) -> TrainConfig:
    """Read a recipe and apply `key.subkey=value` settings, whose values are YAML.

    A recipe that says `extends: name` is laid over the recipe of that name in the same folder, key by key.

    Args:
        path: of the recipe.
        overrides: settings.
        dataset: becomes `data.root`.

    Raises:
        RecipeError: naming the file, the key, the value, and what is allowed.
    """
    values = _read(path, ())
    if dataset is not None:
        values = _merge(values, {"data": {"root": dataset}})
    for override in overrides:
        _set(values, override)
    return build_config(values, str(path))


def build_config(values: Mapping[str, Any], where: str) -> TrainConfig:
    """Check a mapping and fill in defaults; `where` names it in messages. Raises `RecipeError` with all problems at once."""
    try:
        return TrainConfig.model_validate(dict(values))
    except ValidationError as error:
        problems = [_problem(item["loc"], item["msg"], item["type"], item["input"]) for item in error.errors()]
        raise RecipeError(f"{where}: " + "; ".join(problems)) from error


def config_text(config: TrainConfig) -> str:
    """The settings with every default written out, as YAML."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=120)


def _read(path: Path, above: tuple[Path, ...]) -> dict[str, Any]:
    if path.resolve() in above:
        raise RecipeError(f"{path} extends itself, by way of {', '.join(file.name for file in above)}")
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RecipeError(f"recipe {path} can't be read ({error.strerror})") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path} is not YAML: {error}") from error
    if not isinstance(values, dict):
        raise RecipeError(f"{path} holds a {type(values).__name__}; a recipe is a mapping of keys")
    base = values.pop(EXTENDS, None)
    if base is None:
        return values
    file = path.parent / (str(base) if Path(str(base)).suffix else f"{base}{SUFFIX}")
    return _merge(_read(file, (*above, path.resolve())), values)


def _merge(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in change.items():
        before = merged.get(key)
        merged[key] = _merge(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return merged


def _set(values: dict[str, Any], override: str) -> None:
    path, separator, text = override.partition("=")
    keys = path.strip().split(".")
    if not separator or not all(keys):
        raise RecipeError(
            f"--set {override!r}: write it as key.subkey=value, such as --set optimiser.learning_rate=0.001"
        )
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise RecipeError(f"--set {override!r}: the value is not YAML: {error}") from error
    place = values
    for key in keys[:-1]:
        inner = place.get(key)
        inner = place[key] = {} if inner is None else inner
        if not isinstance(inner, dict):
            raise RecipeError(f"--set {override!r}: {key} is the value {inner!r}, it has no keys below it")
        place = inner
    # YAML reads 1e-4 as text, as it has no point: a number is what is meant.
    place[keys[-1]] = _number(value) if isinstance(value, str) else value


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _problem(place: tuple[int | str, ...], message: str, kind: str, value: object) -> str:
    key = ".".join(str(part) for part in place)
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(place[-1]), sorted(_known(TrainConfig)), n=1)
        return f"{key} isn't a setting" + (f"; did you mean {near[0]}?" if near else "")
    if kind == "value_error":
        return message.removeprefix("Value error, ")
    if kind == "missing":
        return f"{key} is missing"
    return f"{key} is {value!r}: {message[:1].lower()}{message[1:]}"


def _known(model: type[BaseModel]) -> set[str]:
    names: set[str] = set()
    for name, field in model.model_fields.items():
        names.add(name)
        for inner in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                names |= _known(inner)
    return names
