"""The state of a run under Lightning's trainer: saved between two steps, and restored before the first."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lightning.pytorch import LightningDataModule, Trainer

from cointeract_train.errors import ResumeError
from cointeract_train.module import TrainingModule
from cointeract_train.saving.loops import go_to
from cointeract_train.saving.record import Record, read_record
from cointeract_train.saving.tensors import read_tensors, tensors_of
from cointeract_train.saving.together import by_the_first, gathered, place
from cointeract_train.saving.write import TENSORS, write_state


def save_run(trainer: Trainer, module: TrainingModule, folder: Path, position: Mapping[str, Any]) -> None:
    """Save the state after the steps that were made; all processes must.

    Args:
        trainer: between two steps, or within one whose gradient hasn't reached the weights.
        module: that it trains.
        folder: to make.
        position: of the data, after the last whole step.

    Raises:
        SaveError: it couldn't be written; what was at `folder` is as it was.
    """
    step = trainer.global_step
    record = Record(
        step=step,
        settings=module.config.deciding(),
        data_module=type(_data(trainer)).__qualname__,
        data=dict(position),
        schedule=trainer.lr_scheduler_configs[0].scheduler.state_dict(),
        window=gathered(module.figures.sums.tolist()),
        sharing=module.config.hardware.sequence_parallel,
    )
    # Before the first step the optimiser has no state, and PyTorch would make a step to have one.
    write_state(folder, tensors_of(module, trainer.optimizers[0] if step else None), record)


def restore_run(trainer: Trainer, module: TrainingModule, folder: Path) -> Record:
    """Go to a saved state; all processes must. The sums of the logging window are left to the caller, which begins it.

    Args:
        trainer: that is set up and hasn't begun.
        module: that it will train.
        folder: of a whole state of the same run.

    Raises:
        ResumeError: the state doesn't fit the model or the data module.
        DataError: the data has changed.
    """
    record = by_the_first(lambda: read_record(folder))
    data = _data(trainer)
    if record.data_module != type(data).__qualname__:
        raise ResumeError(
            f"{folder} holds the position in the data of {record.data_module}, not of {type(data).__qualname__}: it can't be gone on with "
            "exactly"
        )
    optimiser = trainer.optimizers[0] if record.step else None
    try:
        read_tensors(tensors_of(module, optimiser), folder / TENSORS)
    except (OSError, RuntimeError) as error:
        raise ResumeError(f"{folder} can't be read: {error}") from error
    scheduler = trainer.lr_scheduler_configs[0].scheduler
    scheduler.load_state_dict(record.schedule)
    for group, rate in zip(trainer.optimizers[0].param_groups, scheduler.get_last_lr(), strict=True):
        group["lr"] = rate
    data.load_state_dict(record.data)
    go_to(trainer, record.step)
    return record


def window_of(record: Record, module: TrainingModule) -> list[float]:
    """The sums of the logging window that this process goes on with."""
    return record.window_of(*place(), module.config.hardware.sequence_parallel)


def _data(trainer: Trainer) -> LightningDataModule:
    data: LightningDataModule = trainer.datamodule  # type: ignore[attr-defined]  # `fit` sets it
    return data
