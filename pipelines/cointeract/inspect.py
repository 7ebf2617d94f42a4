"""`cointeract inspect`: look at a data set and review it in a browser, or write a folder that shows a part of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from cointeract.terminal import log_lines, say

if TYPE_CHECKING:
    from cointeract_inspector.serve import Started

DEFAULT_SAMPLES = 10


def inspect(
    dataset: Annotated[str, typer.Argument(help="Folder or URL of a data set, or a folder of shards.")],
    port: Annotated[int | None, typer.Option("--port", min=1, max=65535, help="Default: 8125, or a free one.")] = None,
    host: Annotated[
        str, typer.Option("--host", help="Address to listen on; others than loopback need --allow-host.")
    ] = "127.0.0.1",
    allow_host: Annotated[
        list[str] | None,
        typer.Option("--allow-host", help="A name that browsers may use for this machine. Repeatable."),
    ] = None,
    reviewer: Annotated[
        list[str] | None,
        typer.Option("--reviewer", help="Who reviews; each gets an address of their own. Repeatable. Default: you."),
    ] = None,
    reviews: Annotated[
        Path | None, typer.Option("--reviews", help="Folder for decisions; default: reviews/ in the data set.")
    ] = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="Take no decisions.")] = False,
    no_open: Annotated[bool, typer.Option("--no-open", help="Don't open a browser on this machine.")] = False,
    static: Annotated[
        Path | None, typer.Option("--static", help="Write a folder that opens without a server, and stop.")
    ] = None,
    samples: Annotated[
        str | None, typer.Option("--samples", help="With --static: ids of samples, with commas between them.")
    ] = None,
    first: Annotated[
        int | None, typer.Option("--first", min=1, help="With --static: so many samples from the start; default 10.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="With --static: answer as JSON.")] = False,
) -> None:
    """Show a data set in a browser: funnel, grid, videos in step, masks, references; accept and reject by key.

    Example: cointeract inspect dataset --reviewer ann
    """
    from cointeract_inspector.errors import InspectorError
    from cointeract_inspector.settings import Settings, parse_location

    settings = Settings(
        parse_location(dataset),
        host=host,
        port=port,
        allow_hosts=tuple(allow_host or ()),
        reviewers=tuple(reviewer or ()),
        read_only=read_only,
        reviews=reviews,
    )
    if static is None:
        if samples is not None or first is not None:
            raise InspectorError("--samples and --first choose what --static writes; give --static OUT, too")
        from cointeract_inspector.serve import serve

        with log_lines("cointeract_inspector"):
            serve(settings, _tell, open_browser=not no_open)
        return
    from cointeract_inspector.static_folder.write import write_folder

    if samples is not None and first is not None:
        raise InspectorError("--samples and --first both choose samples; give one of them")
    chosen = None if samples is None else [name for name in samples.split(",") if name]
    with log_lines("cointeract_inspector"):
        written = write_folder(settings, static, samples=chosen, first=first or DEFAULT_SAMPLES)
    say(
        {"folder": str(static), "samples": list(written.samples), "bytes": written.size},
        as_json=as_json,
        text=f"{len(written.samples)} samples in {escape(str(static))}/index.html ({written.size / 1e6:.1f} MB); open it in a browser",
    )


def _tell(started: Started) -> None:
    # Standard output is kept from libraries while the server runs, so this goes where the log goes.
    console = Console(stderr=True)
    console.print(f"{started.rows} clips. Open", highlight=False)
    for address in started.addresses:
        console.print(f"  {escape(address.reviewer)}: [bold]{escape(address.url)}[/]", highlight=False, soft_wrap=True)
    console.print("If this machine isn't the one in front of you, run there first:", highlight=False)
    console.print(f"  {escape(started.tunnel)}", highlight=False, soft_wrap=True)
    if started.read_only is not None:
        console.print(
            f"[bold yellow]no decisions are taken:[/] {escape(started.read_only)}", highlight=False, soft_wrap=True
        )
    console.print("Ctrl+C stops it.", highlight=False)
