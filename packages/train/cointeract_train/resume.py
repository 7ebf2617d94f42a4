"""Which saved state a run goes on from, and whether it is this run's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cointeract_train.config import TrainConfig
from cointeract_train.errors import ResumeError

AUTO = "auto"
FOLDER = "checkpoints"
NOTE_VERSION = 1

_NAME = re.compile(r"step-(\d{8})\.ckpt")
_ABSENT = "(absent)"
_SHOWN = 5


def checkpoint_name(step: int) -> str:
    """File name of the state after so many optimiser steps."""
    return f"step-{step:08d}.ckpt"


def step_of(checkpoint: Path) -> int | None:
    """The optimiser steps that a file's name tells; None where it isn't so named."""
    match = _NAME.fullmatch(checkpoint.name)
    return None if match is None else int(match[1])


def checkpoints_in(run: Path) -> list[Path]:
    """States of a run, oldest first."""
    found = [path for path in (run / FOLDER).glob("step-*.ckpt") if step_of(path) is not None]
    return sorted(found, key=lambda path: path.name)


def chosen_checkpoint(run: Path, resume: str | None) -> Path | None:
    """The state to go on from: for `auto` the run's newest, None where it has none; else the one that is named.

    Raises:
        ResumeError: there is no such file.
    """
    if resume is None:
        return None
    if resume == AUTO:
        found = checkpoints_in(run)
        return found[-1] if found else None
    path = Path(resume)
    if not path.exists():
        raise ResumeError(f"--resume {resume}: there is no such checkpoint; `auto` takes the newest in {run / FOLDER}")
    return path


def run_note(config: TrainConfig) -> dict[str, Any]:
    """What a saved state says of its run."""
    return {
        "version": NOTE_VERSION,
        "package_version": version("cointeract-train"),
        "settings": config.deciding(),
    }


def check_same_run(note: Mapping[str, Any] | None, config: TrainConfig) -> None:
    """Refuse a state that was saved under settings which compute something else.

    Raises:
        ResumeError: naming the settings, what they were and what they are.
    """
    if note is None or note.get("version") != NOTE_VERSION:
        raise ResumeError("the checkpoint isn't one of this trainer's: it doesn't say which run it is of")
    saved, own = note["settings"], config.deciding()
    differing = [
        f"{place} was {saved.get(place, _ABSENT)!r} and is {own.get(place, _ABSENT)!r}"
        for place in sorted(saved.keys() | own.keys())
        if saved.get(place, _ABSENT) != own.get(place, _ABSENT)
    ]
    if differing:
        more = f"; and {len(differing) - _SHOWN} more" if len(differing) > _SHOWN else ""
        raise ResumeError(
            f"the checkpoint is of another configuration: {'; '.join(differing[:_SHOWN])}{more}. Take the run's own settings "
            "(config.yaml beside it), or begin another run, with the exported model as model.start"
        )
