"""The model of a saved state, in the format that generation and further training read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import yaml

from cointeract_model.checkpoints.saved import save_model
from cointeract_train.config import TrainConfig
from cointeract_train.errors import ResumeError
from cointeract_train.module import TrainingModule
from cointeract_train.recipe_file import build_config
from cointeract_train.resume import checkpoints_in
from cointeract_train.trainable import build_model

CONFIG = "config.yaml"
MODEL = "model"


def export_module(module: TrainingModule, folder: Path, *, replace: bool, write: bool = True) -> None:
    """Write a module's model: its moving averages where they are kept. Where it is shared out all processes must ask, one to write."""
    state = module.final_state(keep=write)
    if write:
        save_model(module.model, folder, state=state, replace=replace)


def export_model(run: Path, folder: Path) -> Path:
    """Write the model of a saved state.

    Args:
        run: folder of a run, whose newest state is taken, or a state in its `checkpoints`.
        folder: to make.

    Returns:
        The state that was taken.

    Raises:
        ResumeError: there is no state, or it isn't of the run beside it.
        FileExistsError: the folder is there.
    """
    states = checkpoints_in(run) if run.is_dir() else [run]
    if not states or not states[-1].exists():
        raise ResumeError(f"{run} has no saved state: name a run's folder, or a file in its `checkpoints`")
    state = states[-1]
    config = read_config(state.parent.parent / CONFIG)
    module = TrainingModule(build_model(config), config)
    checkpoint: dict[str, Any] = torch.load(state, map_location="cpu", mmap=True, weights_only=False)
    module.on_load_checkpoint(checkpoint)
    module.load_state_dict(checkpoint["state_dict"], strict=False)
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
