"""`cointeract train` and `cointeract export-model`: read options, call the training package, show what it made."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from cointeract.recipes import train as recipes
from cointeract.terminal import INTERRUPTED, answered_errors, log_lines, say
from cointeract.train_plan import Card, show_plan

STOPPED = "stopped at once; the states that were saved before are whole"


def train(
    dataset: Annotated[str | None, typer.Argument(help="Folder or URL of a data set; --plan does without.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder of the run.")] = None,
    recipe: Annotated[
        str, typer.Option("--recipe", "-r", help=f"A recipe by name ({', '.join(recipes.names())}) or a YAML file.")
    ] = "tiny",
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="Change one setting: key.subkey=value. May be given many times.")
    ] = None,
    resume: Annotated[
        str | None, typer.Option("--resume", help="Go on: `auto`, from the run's newest state, or from a state's path.")
    ] = None,
    max_steps: Annotated[
        int | None, typer.Option("--max-steps", min=1, help="Stop after so many steps of the run; --resume goes on.")
    ] = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Don't train: say what memory of a card and what time the run will take.")
    ] = False,
    card: Annotated[float | None, typer.Option("--card", min=1, help="GiB of a card, for --plan.")] = None,
    tflops: Annotated[float | None, typer.Option("--tflops", min=0.1, help="A card's peak, for --plan.")] = None,
    utilisation: Annotated[
        float | None, typer.Option("--utilisation", min=0.01, max=1, help="Share of the peak, for --plan; 0.4.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON on standard output.")] = False,
) -> None:
    """Train the model on a data set, in two stages.

    Ctrl-C, SIGTERM, SIGUSR1 and SIGUSR2 stop after the step, with the state saved and exit code 130; once more stops at once.

    The run's folder gets config.yaml, metrics.jsonl, tensorboard, samples, checkpoints and in the end the model.

    Example: cointeract train dataset --recipe tiny --output run --set optimiser.learning_rate=0.002

    Example: cointeract train dataset --recipe tiny --output run --resume auto

    Example: cointeract train --recipe paper-480p --plan --card 80 --set hardware.processes=8
    """
    if plan:
        stated = Card(card, tflops, utilisation)
        show_plan(recipes.locate(recipe), settings or [], dataset, stated, recipes.FOLDER, as_json=as_json)
        return
    if dataset is None or output is None:
        raise typer.BadParameter("give a data set and --output, or --plan")
    with answered_errors(STOPPED), log_lines("cointeract_train"):
        from cointeract_train.progress import progress_for_terminal
        from cointeract_train.recipe_file import load_recipe
        from cointeract_train.run import train as run_training

        config = load_recipe(recipes.locate(recipe), settings or [], dataset=dataset, library=recipes.FOLDER)
        result = run_training(config, output, progress_for_terminal(), resume=resume, max_steps=max_steps)
    if not result.first:
        return  # of several processes one answers; another's exit code would end that one
    value = {
        "run": str(result.run),
        "step": result.step,
        "steps": result.steps,
        "model": None if result.model is None else str(result.model),
        "interrupted": result.interrupted,
    }
    made = "no model yet" if result.model is None else f"model in {result.model}"
    text = f"{result.step} of {result.steps} steps, {made}; samples and figures in {result.run}"
    say(value, as_json=as_json, text=escape(text))
    if result.interrupted:
        Console(stderr=True).print("stopped; run the same command with --resume auto to go on from here")
        raise typer.Exit(INTERRUPTED)


def export_model(
    run: Annotated[Path, typer.Argument(help="Folder of a run, or one of its saved states.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the model; must not exist.")],
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON on standard output.")] = False,
) -> None:
    """Export the model of a run's newest state, or of the one that is named, for generation or further training.

    Example: cointeract export-model run --output model
    """
    with answered_errors(STOPPED), log_lines("cointeract_train"):
        from cointeract_train.export import export_model as export

        state = export(run, output)
    say({"state": str(state), "model": str(output)}, as_json=as_json, text=escape(f"model of {state} in {output}"))
