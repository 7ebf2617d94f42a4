"""Recipes of `cointeract train`, found by name."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent


def names() -> list[str]:
    """Names of the recipes that come with the command."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def locate(recipe: str) -> Path:
    """The file of a recipe that is given by name or as a path of its own."""
    own = Path(recipe)
    return own if own.suffix in {".yaml", ".yml"} else FOLDER / f"{recipe}.yaml"
