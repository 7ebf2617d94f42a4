"""The `cointeract` command: reads arguments, calls the packages, shows what they return."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from cointeract import recipes
from cointeract.ablation import ablation
from cointeract.export import export
from cointeract.generate import generate
from cointeract.inspect import inspect
from cointeract.packing import pack, requeue
from cointeract.reviews import reviews
from cointeract.terminal import BAD_INPUT, VIOLATIONS, answered_stop, log_lines, say, say_error
from cointeract.train import export_model, train

app = typer.Typer(
    name="cointeract",
    help="Livestreams to human-object-interaction training data.\n\nExample: cointeract curate videos/ --output dataset",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)

RecipeOption = Annotated[
    str, typer.Option("--recipe", "-r", help=f"A recipe by name ({', '.join(recipes.names())}) or a YAML file.")
]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", help="Change one setting: key.subkey=value. May be given many times.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer as JSON on standard output.")]
DatasetArgument = Annotated[str, typer.Argument(help="Folder or URL of a data set.")]
OutputOption = Annotated[str, typer.Option("--output", "-o", help="Folder or URL of the data set.")]
EngineOption = Annotated[str | None, typer.Option("--engine", help="ray, or inprocess for debugging.")]
WorkersOption = Annotated[
    int | None, typer.Option("--workers", min=1, help="Workers; default: one for each core on ray, one in process.")
]


def main() -> None:
    """Entry point: turns errors that a user can act on into one clear message and an exit code."""
    from cointeract_curation.core.errors import CurationError
    from cointeract_shards.errors import ContractError

    try:
        app()
    except (CurationError, ContractError) as error:
        say_error(error)
        sys.exit(BAD_INPUT)


def _overrides(settings: list[str] | None, engine: str | None, workers: int | None) -> list[str]:
    chosen = list(settings or [])
    if engine is not None:
        chosen.append(f"engine.kind={engine}")
    if workers is not None:
        chosen.append(f"engine.workers={workers}")
    return chosen


@app.command()
def plan(
    recipe: RecipeOption = "embedded",
    settings: SetOption = None,
    engine: EngineOption = None,
    workers: WorkersOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show stages, how they are fused into pools, and whether this machine or cluster can hold them.

    Example: cointeract plan --recipe paper
    """
    from cointeract.show import plan_text
    from cointeract_curation.core.recipe_file import load_recipe
    from cointeract_curation.curate import make_engine
    from cointeract_curation.engine.plan import make_plan

    loaded = load_recipe(recipes.locate(recipe), _overrides(settings, engine, workers), recipes.FOLDER)
    running = make_engine(loaded)
    try:
        found = make_plan(loaded, running)
    finally:
        running.close()
    value, text = plan_text(loaded, found)
    say(value, as_json=as_json, text=text)
    if found.problems:
        raise typer.Exit(VIOLATIONS)


@app.command()
def curate(
    inputs: Annotated[list[str], typer.Argument(help="Videos, folders of videos, or URLs.")],
    output: OutputOption,
    recipe: RecipeOption = "embedded",
    settings: SetOption = None,
    engine: EngineOption = None,
    workers: WorkersOption = None,
    reconfigure: Annotated[
        bool, typer.Option("--reconfigure", help="Go on in a data set that was made with another configuration.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Curate videos into a data set: shards, manifest and report. Run it again to go on where it stopped.

    A directory with a `data.csv` of the released trainer is taken in as it is: its clips are cut already.

    Example: cointeract curate videos/ --output dataset --set people.stride=2
    """
    from cointeract.show import run_text
    from cointeract_curation.adopt import adopt, is_trainer_directory
    from cointeract_curation.core.recipe_file import load_recipe
    from cointeract_curation.curate import curate as run_curation
    from cointeract_curation.inputs import find_files
    from cointeract_curation.progress import progress_for_terminal

    loaded = load_recipe(recipes.locate(recipe), _overrides(settings, engine, workers), recipes.FOLDER)
    if is_trainer_directory(inputs):
        with log_lines("cointeract_curation"):
            adopted = adopt(Path(inputs[0]), output, loaded.pack)
        value = {"samples": adopted.samples, "errors": [str(error) for error in adopted.errors]}
        say(
            value,
            as_json=as_json,
            text=f"{adopted.samples} samples in {output}/shards, {len(adopted.errors)} rows refused",
        )
        if adopted.errors:
            raise typer.Exit(VIOLATIONS)
        return
    with answered_stop(), log_lines("cointeract_curation"), progress_for_terminal() as progress:
        result = run_curation(find_files(inputs), output, loaded, progress, reconfigure=reconfigure)
    value, text = run_text(output, result)
    say(value, as_json=as_json, text=text)


@app.command()
def status(dataset: DatasetArgument, as_json: JsonOption = False) -> None:
    """How a data set stands: counts, reasons, and every quarantined unit. Works while a run is going on.

    Example: cointeract status dataset --json
    """
    from cointeract.show import status_text
    from cointeract_curation.status import status as read_status

    found = read_status(dataset)
    say(found.to_mapping(), as_json=as_json, text=status_text(found))


@app.command()
def lint(
    dataset: DatasetArgument,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="Threads.")] = 2,
    as_json: JsonOption = False,
) -> None:
    """Check a shard set against the sample contract and name every violation.

    Example: cointeract lint dataset
    """
    from cointeract.show import lint_text
    from cointeract_shards.lint import lint as lint_dataset

    report = lint_dataset(dataset, jobs=jobs)
    value, text = lint_text(report)
    say(value, as_json=as_json, text=text)
    if report.violations:
        raise typer.Exit(VIOLATIONS)


@app.command()
def synth(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the video and its truth.")],
    preset: Annotated[
        str,
        typer.Option(
            "--preset", help="demo (40 s), guest (one person, 7 s), tiny (for tests) or studio (20 short shots)."
        ),
    ] = "demo",
    seed: Annotated[int, typer.Option("--seed", help="Another seed gives other people, products and movements.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Render a short livestream with its exact truth: people who show products, hard cuts, sound.

    Example: cointeract synth --output footage --seed 3
    """
    from cointeract.show import synthesise

    with log_lines("cointeract_curation"):
        result = synthesise(output, preset, seed)
    say(
        {"video": str(result.video), "truth": str(result.truth)},
        as_json=as_json,
        text=f"{result.video}\n{result.truth}",
    )


@app.command()
def doctor(as_json: JsonOption = False) -> None:
    """Say what this machine can run and what each backend lacks.

    Example: cointeract doctor
    """
    from cointeract.show import doctor_text
    from cointeract_curation.doctor import diagnose

    found = diagnose()
    say(found.to_mapping(), as_json=as_json, text=doctor_text(found))
    if not found.healthy:
        raise typer.Exit(VIOLATIONS)


app.command()(export)
app.command()(requeue)
app.command()(pack)
app.command()(reviews)
app.command()(generate)
app.command()(inspect)
app.command()(train)
app.command()(export_model)
app.command()(ablation)
