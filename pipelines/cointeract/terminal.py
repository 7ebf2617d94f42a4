"""What commands share: exit codes, log lines on standard error, the answer on standard output."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape

BAD_INPUT = 2
VIOLATIONS = 1
INTERRUPTED = 130


@contextmanager
def log_lines(package: str) -> Iterator[None]:
    """Log lines of a package on standard error, through rich on a terminal so that they don't tear the bars.

    Standard output is kept for the answer: what libraries print to it goes to standard error.
    """
    if sys.stderr.isatty():
        from rich.logging import RichHandler

        handler: logging.Handler = RichHandler(console=Console(stderr=True), show_path=False, rich_tracebacks=False)
    else:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", datefmt="%H:%M:%S"))
    logger = logging.getLogger(package)
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        logger.removeHandler(handler)


def say(value: Any, *, as_json: bool, text: str) -> None:
    """Answer: JSON for a script, text for a person."""
    if as_json:
        sys.stdout.write(json.dumps(value, indent=2, sort_keys=True) + "\n")
    else:
        Console().print(text, highlight=False, soft_wrap=True)


def say_error(error: Exception) -> None:
    """One clear message on standard error."""
    Console(stderr=True).print(f"[bold red]error:[/] {escape(str(error))}", highlight=False, soft_wrap=True)


@contextmanager
def answered_stop(stopped: str = "stopped; run the same command again to go on from here") -> Iterator[None]:
    """Ctrl-C becomes one line on standard error and an exit code.

    Args:
        stopped: what to say.
    """
    try:
        yield
    except KeyboardInterrupt as error:
        Console(stderr=True).print(stopped)
        raise typer.Exit(INTERRUPTED) from error


@contextmanager
def answered_errors(stopped: str) -> Iterator[None]:
    """What a user can act on, of the model and of training, becomes one message and an exit code.

    Args:
        stopped: what to say when the user stops it.
    """
    from cointeract_model.checkpoints.errors import CheckpointError
    from cointeract_model.codecs.errors import CodecInputError, CodecUnavailableError
    from cointeract_model.errors import ConfigurationError, InputError
    from cointeract_model.generation.errors import GenerationError
    from cointeract_train.data.errors import DataError
    from cointeract_train.errors import TrainingError

    try:
        with answered_stop(stopped):
            yield
    except (
        *(CheckpointError, CodecInputError, CodecUnavailableError, ConfigurationError, GenerationError, InputError),
        *(DataError, TrainingError, OSError),
    ) as error:
        say_error(error)
        raise typer.Exit(BAD_INPUT) from error
