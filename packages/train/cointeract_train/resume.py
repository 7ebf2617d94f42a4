"""Which saved state a run goes on from, and whether it is this run's."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from pathlib import Path

from cointeract_train.config import TrainConfig
from cointeract_train.errors import DamagedStateError, ResumeError, RunFolderError
from cointeract_train.saving.manifest import check_whole
from cointeract_train.saving.record import read_record
from cointeract_train.saving.write import clean

AUTO = "auto"
FOLDER = "checkpoints"

log = logging.getLogger(__name__)

_NAME = re.compile(r"step-(\d{8})")
_ABSENT = "(absent)"
_SHOWN = 5


def checkpoint_name(step: int) -> str:
    """Folder name of the state after so many optimiser steps."""
    return f"step-{step:08d}"


def step_of(checkpoint: Path) -> int | None:
    """The optimiser steps that a folder's name tells; None where it isn't so named."""
    match = _NAME.fullmatch(checkpoint.name)
    return None if match is None else int(match[1])


def checkpoints_in(run: Path) -> list[Path]:
    """States of a run, oldest first, whole or not."""
    found = [path for path in (run / FOLDER).glob("step-*") if step_of(path) is not None and path.is_dir()]
    return sorted(found, key=lambda path: path.name)


def newest_whole(run: Path) -> Path | None:
    """The newest state of a run that is whole; those that are passed over are told. None: it has no states.

    Raises:
        ResumeError: it has states, and none is whole.
    """
    states = checkpoints_in(run)
    for state in reversed(states):
        try:
            check_whole(state)
        except DamagedStateError as error:
            log.warning("passed over: %s", error)
        else:
            return state
    if states:
        raise ResumeError(
            f"none of the {len(states)} states in {run / FOLDER} is whole: restore one, or begin another run; {states[-1]} is the newest"
        )
    return None


def chosen_checkpoint(run: Path, resume: str | None) -> Path | None:
    """The state to go on from: for `auto` the run's newest whole one, None where it has none; else the one that is named.

    Raises:
        ResumeError: there is no such state.
        DamagedStateError: it isn't whole.
    """
    if resume is None:
        return None
    if resume == AUTO:
        return newest_whole(run)
    path = Path(resume)
    if not path.exists():
        raise ResumeError(f"--resume {resume}: there is no such checkpoint; `auto` takes the newest in {run / FOLDER}")
    check_whole(path)
    return path


def beginning(output: Path, resume: str | None, config: TrainConfig) -> tuple[Path | None, int]:
    """The state that a run goes on from, None where it begins, and the steps before it. The first process asks, and decides.

    What a killed run left half-written is removed.

    Args:
        output: folder of the run.
        resume: as for `chosen_checkpoint`.
        config: of the run.

    Raises:
        RunFolderError: the folder holds a run and `resume` is None.
        ResumeError: the state is damaged, or another run's.
    """
    checkpoint = chosen_checkpoint(output, resume)
    if checkpoint is None and checkpoints_in(output):
        raise RunFolderError(f"{output} holds a run already: go on with it by --resume auto, or name another folder")
    for left in clean(output / FOLDER):
        log.info("removed %s, which a run left that was killed as it saved", left)
    if checkpoint is None:
        if resume is not None:
            log.info("%s has no saved state yet: the run begins", output)
        return None, 0
    record = read_record(checkpoint)
    check_same_run(record.settings, config, checkpoint)
    log.info("going on from %s", checkpoint)
    return checkpoint, record.step


def check_same_run(saved: Mapping[str, object], config: TrainConfig, state: Path) -> None:
    """Refuse a state that was saved under settings which compute something else.

    Args:
        saved: its settings (`TrainConfig.deciding`).
        config: of the run that is to go on.
        state: that they are of.

    Raises:
        ResumeError: naming the settings, what they were and what they are.
    """
    own = config.deciding()
    differing = [
        f"{place} was {saved.get(place, _ABSENT)!r} and is {own.get(place, _ABSENT)!r}"
        for place in sorted(saved.keys() | own.keys())
        if saved.get(place, _ABSENT) != own.get(place, _ABSENT)
    ]
    if differing:
        more = f"; and {len(differing) - _SHOWN} more" if len(differing) > _SHOWN else ""
        raise ResumeError(
            f"{state} is of another configuration: {'; '.join(differing[:_SHOWN])}{more}. Take the run's own settings "
            "(config.yaml beside it), or begin another run, with the exported model as model.start"
        )
