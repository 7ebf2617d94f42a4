"""`cointeract export`: a data set in the form that another program reads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from cointeract.terminal import say

FORMS = {
    "cointeract-csv": "the directory and data.csv that the released trainer reads",
    "fiftyone": "a folder that FiftyOne imports: media unpacked, boxes, scores, decisions and reviews",
}


def export(
    dataset: Annotated[str, typer.Argument(help="Folder or URL of a data set.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write; must not exist.")],
    form: Annotated[
        str, typer.Option("--format", help="; ".join(f"{name}: {what}" for name, what in FORMS.items()) + ".")
    ] = "cointeract-csv",
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON on standard output.")] = False,
) -> None:
    """Export a data set for another program. FiftyOne doesn't have to be installed here.

    Example: cointeract export dataset --format cointeract-csv --output trainer_data

    Example: cointeract export dataset --format fiftyone --output for_fiftyone
    """
    from cointeract_curation.core.errors import ConfigurationError
    from cointeract_shards import storage
    from cointeract_shards.export_csv import export_csv
    from cointeract_shards.export_fiftyone import export_fiftyone, importing

    if form not in FORMS:
        raise ConfigurationError(f"--format {form!r} is not known; known are {', '.join(FORMS)}")
    try:
        if form == "fiftyone":
            samples = export_fiftyone(storage.join(dataset), output).clips
            text = "\n".join([f"{samples} clips in {output}; open them with", *importing(output.absolute())])
        else:
            samples = sum(export_csv(storage.join(dataset), output).rows.values())
            text = f"{samples} samples in {output}/data.csv"
    except FileExistsError as error:
        raise ConfigurationError(str(error)) from error
    say({"samples": samples, "output": str(output)}, as_json=as_json, text=escape(text))
