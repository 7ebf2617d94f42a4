"""`cointeract ablation`: read options, call the training package, show its table."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cointeract.recipes import train as recipes
from cointeract.terminal import INTERRUPTED, answered_errors, log_lines, say

PREFIX = "ablation-"
STOPPED = "stopped; run the same command to go on from here"


def ablation(
    dataset: Annotated[str, typer.Argument(help="Folder or URL of a data set with held-out samples.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the four runs and their table.")],
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="Change one setting of all four: key.subkey=value.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON on standard output.")] = False,
) -> None:
    """Train the paper's four ablation models (section 4.5) in the tiny form, and compare them on held-out samples.

    A model that is trained already isn't trained again; a run that was stopped goes on.

    Example: cointeract ablation dataset --output ablation
    """
    with answered_errors(STOPPED), log_lines("cointeract_train"):
        from cointeract_train.ablation.run import VARIANTS, run_ablation
        from cointeract_train.ablation.table import COLUMNS, TITLES, cells
        from cointeract_train.progress import progress_for_terminal
        from cointeract_train.recipe_file import load_recipe

        configs = {
            name: load_recipe(recipes.locate(f"{PREFIX}{name}"), settings or [], dataset=dataset) for name in VARIANTS
        }
        result = run_ablation(configs, output, progress_for_terminal())
        if result.interrupted:
            Console(stderr=True).print(STOPPED)
            raise typer.Exit(INTERRUPTED)
        lines = [[TITLES[name] for name in COLUMNS], *(cells(row) for row in result.rows)]
    value = {
        "table": str(result.table),
        "held_out": result.held_out,
        "rows": [asdict(row) for row in result.rows],
    }
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    text = "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
    say(value, as_json=as_json, text=f"{text}\n{result.held_out} held-out samples; table in {result.table}")
