"""The model of a saved state, in the format that generation and further training read."""

from __future__ import annotations

from pathlib import Path

import yaml

from cointeract_model.checkpoints.saved import save_model
from cointeract_train.config import TrainConfig
from cointeract_train.errors import ResumeError
from cointeract_train.module import TrainingModule
from cointeract_train.recipe_file import build_config
from cointeract_train.resume import FOLDER, check_same_run, newest_whole
from cointeract_train.saving.manifest import MANIFEST, check_whole
from cointeract_train.saving.record import read_record
from cointeract_train.saving.tensors import read_tensors, tensors_of
from cointeract_train.saving.write import TENSORS
from cointeract_train.trainable import build_model

CONFIG = "config.yaml"
MODEL = "model"


def export_module(module: TrainingModule, folder: Path, *, replace: bool, write: bool = True) -> None:
    """Write a module's model: its moving averages where they are kept. Where it is shared out all processes must ask, one to write."""
    state = module.final_state(keep=write)
    if write:
        save_model(module.model, folder, state=state, replace=replace)


def export_model(run: Path, folder: Path) -> Path:
    """Write the model of a saved state, whatever number of processes and strategy wrote it.

    Args:
        run: folder of a run, whose newest whole state is taken, or a state in its `checkpoints`.
        folder: to make.

    Returns:
        The state that was taken.

    Raises:
        ResumeError: there is no state, it isn't whole, or isn't of the run beside it.
        FileExistsError: the folder is there.
    """
    if (run / MANIFEST).exists():
        check_whole(run)
        state: Path | None = run
    else:
        state = newest_whole(run)
    if state is None:
        raise ResumeError(f"{run} has no saved state: name a run's folder, or a state in its `{FOLDER}`")
    config = read_config(state.parent.parent / CONFIG)
    check_same_run(read_record(state).settings, config, state)
    module = TrainingModule(build_model(config), config)
    read_tensors(tensors_of(module, None), state / TENSORS, all_of_it=False)
    export_module(module, folder, replace=False)
    return state


def read_config(path: Path) -> TrainConfig:
    """The settings beside a run. Raises `ResumeError` where there are none."""
    try:
        return build_config(yaml.safe_load(path.read_text(encoding="utf-8")), str(path))
    except OSError as error:
        raise ResumeError(
            f"{path} can't be read ({error.strerror}): the settings of a run lie beside its states"
        ) from error
