"""`cointeract train --plan`: what a run will take, before anyone starts it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.markup import escape

from cointeract.terminal import VIOLATIONS, answered_errors, log_lines, say

STOPPED = "stopped"
NO_DATA = "not-given"


@dataclass(frozen=True)
class Card:
    """What is stated of a card; None is left as the recipe says."""

    memory_gib: float | None
    tflops: float | None
    utilisation: float | None

    def overrides(self) -> list[str]:
        """As settings of the recipe."""
        stated = {"hardware.memory_gib": self.memory_gib, "watch.peak_tflops": self.tflops}
        return [f"{name}={value}" for name, value in stated.items() if value is not None]


def show_plan(
    recipe: Path, settings: Sequence[str], dataset: str | None, card: Card, library: Path, *, as_json: bool
) -> None:
    """Print the plan; exit code 1 where the run doesn't fit the card."""
    with answered_errors(STOPPED), log_lines("cointeract_train"):
        from cointeract_train.plan.make import UTILISATION, make_plan
        from cointeract_train.plan.report import as_lines, as_mapping
        from cointeract_train.recipe_file import load_recipe

        config = load_recipe(recipe, [*settings, *card.overrides()], dataset=dataset or NO_DATA, library=library)
        plan = make_plan(config, utilisation=card.utilisation or UTILISATION, with_data=dataset is not None)
    say(as_mapping(plan), as_json=as_json, text=escape("\n".join(as_lines(plan))))
    if plan.fits is False:
        raise typer.Exit(VIOLATIONS)
