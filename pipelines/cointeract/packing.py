"""`cointeract pack` and `cointeract requeue`: what goes into the shards, and what is tried or made again."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from cointeract.terminal import answered_stop, log_lines, say

POLICIES = "any-reject, majority, unanimous or owner:NAME"


def pack(
    dataset: Annotated[str, typer.Argument(help="Folder or URL of a data set.")],
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="Change one setting: key.subkey=value. May be given many times.")
    ] = None,
    reviews: Annotated[
        str | None, typer.Option("--reviews", help=f"Obey people's reviews: {POLICIES}; null stops obeying them.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON on standard output.")] = False,
) -> None:
    """Pack accepted clips into shards and write the manifest anew, without running any stage.

    Example: cointeract pack dataset --set pack.held_out=0.1

    Example: cointeract pack dataset --reviews any-reject
    """
    from cointeract_curation.repack import repack

    chosen = [] if reviews is None else [f"pack.reviews={reviews}"]
    with log_lines("cointeract_curation"):
        result = repack(dataset, [*(settings or []), *chosen])
    value = {"samples": result.samples, "written": result.written, "reviews": result.reviews.to_mapping()}
    text = f"{result.samples} samples in {dataset}/shards" + ("" if result.written else " (they were up to date)")
    text += f"\nreviews: {result.reviews.text}" if result.reviews.any else ""
    say(value, as_json=as_json, text=escape(text))


def requeue(
    dataset: Annotated[str, typer.Argument(help="Folder or URL of a data set.")],
    unit: Annotated[
        list[str] | None, typer.Option("--unit", help="Id of a quarantined unit as `status` shows it; default: all.")
    ] = None,
    reviewed: Annotated[
        bool,
        typer.Option(
            "--reviewed",
            help="Instead make clips again with the boxes that reviewers drew, and take those that they accept against a rule on.",
        ),
    ] = False,
    reviews: Annotated[
        str | None, typer.Option("--reviews", help=f"With --reviewed, who is accepted: {POLICIES}.")
    ] = None,
    engine: Annotated[str | None, typer.Option("--engine", help="With --reviewed: ray or inprocess.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON on standard output.")] = False,
) -> None:
    """Give quarantined units another chance in the next `curate`, or make clips again as reviewers corrected them.

    Example: cointeract requeue dataset --unit 0a1b2c3d4e5f6071-00000076

    Example: cointeract requeue dataset --reviewed
    """
    from cointeract_curation.core.errors import ConfigurationError
    from cointeract_curation.status import requeue as requeue_units

    if reviewed:
        if unit:
            raise ConfigurationError("--unit names quarantined units; with --reviewed the reviews say which clips")
        _requeue_reviewed(dataset, reviews, engine, as_json=as_json)
        return
    if reviews is not None or engine is not None:
        raise ConfigurationError("--reviews and --engine go with --reviewed")
    chosen = requeue_units(dataset, unit or [])
    say(
        {"requeued": chosen},
        as_json=as_json,
        text=f"requeued {len(chosen)} units; run `cointeract curate` again to try them",
    )


def _requeue_reviewed(dataset: str, policy: str | None, engine: str | None, *, as_json: bool) -> None:
    from cointeract.show import run_text
    from cointeract_curation.progress import progress_for_terminal
    from cointeract_curation.requeue_reviewed import requeue_reviewed, run_again

    with answered_stop(), log_lines("cointeract_curation"), progress_for_terminal() as progress:
        requeued = requeue_reviewed(dataset, policy)
        result = run_again(dataset, engine, progress)
    value, text = run_text(dataset, result)
    lines = [
        f"{len(requeued.corrected)} clips with corrected boxes, {len(requeued.carried_on)} taken on against a rule"
    ]
    lines += [f"refused: a box of {item.clip} ({item.event}): {item.reason}" for item in requeued.refused]
    say({**requeued.to_mapping(), "run": value}, as_json=as_json, text="\n".join([*map(escape, lines), text]))
