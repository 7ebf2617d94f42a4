"""Saves a run's state every so many steps, and when the run is asked to stop; goes on from one."""

from __future__ import annotations

import logging
import signal
from pathlib import Path
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from typing_extensions import override

from cointeract_train.config import CheckpointSettings
from cointeract_train.errors import NonFiniteError, SaveError
from cointeract_train.loggers import METRICS, read_metrics
from cointeract_train.module import TrainingModule
from cointeract_train.resume import FOLDER, checkpoint_name, checkpoints_in, step_of
from cointeract_train.saving.interruption import Interruption, StoppedError
from cointeract_train.saving.record import Record
from cointeract_train.saving.run_state import restore_run, save_run, window_of
from cointeract_train.saving.together import by_the_first
from cointeract_train.saving.write import discard

log = logging.getLogger(__name__)


class Checkpoints(Callback):
    """Goes on from a state, saves states and removes old ones. It comes after the callbacks that log a step's figures.

    A signal ends the run by `StoppedError` after the step, or the batch of a validation, that is being made, with the state saved:
    all processes at the same one, whichever of them heard it.

    Args:
        run: folder of the run.
        settings: when, and how many are kept.
        resume: a whole state to go on from, as the first process chose it; None: begin.
    """

    def __init__(self, run: Path, settings: CheckpointSettings, resume: Path | None) -> None:
        self._run, self._settings, self._resume = run, settings, resume
        self._record: Record | None = None
        self._position: dict[str, Any] = {}
        self._saved: int | None = None
        self._superseded: set[Path] = set()
        self._interruption = Interruption()

    @override
    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        resume = by_the_first(lambda: self._resume)
        if resume is None:
            return
        module = _module(pl_module)
        self._record = restore_run(trainer, module, resume)
        self._saved = self._record.step
        if by_the_first(lambda: self._lacks_validation(trainer, module)):
            trainer.validating = True
            trainer.fit_loop.epoch_loop.val_loop.run()
            trainer.training = True

    @override
    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        module = _module(pl_module)
        self._saved = trainer.global_step
        # An earlier state is gone on from, or these are damaged: they give way to the first that is saved.
        self._superseded = {path for path in checkpoints_in(self._run) if (step_of(path) or 0) > trainer.global_step}
        self._note_position(trainer)
        if self._record is not None:
            module.begin_window(window_of(self._record, module))
        launcher = trainer.strategy.launcher
        self._interruption.listen(None if launcher is None else lambda: launcher.kill(signal.SIGKILL))
        # Lightning's own handler hears this one shortly before.
        self._interruption.asked |= trainer.received_sigterm

    @override
    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        step, module = trainer.global_step, _module(pl_module)
        if module.pending or step == self._saved:
            return  # between the passes of a step
        self._note_position(trainer)
        asked = self._asked(trainer)
        if step % self._settings.every == 0 or step == trainer.max_steps or asked:
            self._save(trainer, module)
        if asked:
            raise StoppedError

    @override
    def on_validation_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        if not self._asked(trainer):
            return
        module = _module(pl_module)
        if trainer.global_step != self._saved:
            with module.averaged():  # which the model has now, so this gives it its own values
                self._save(trainer, module)
        raise StoppedError

    @override
    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._interruption.close()

    @override
    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        self._interruption.close()
        if isinstance(exception, NonFiniteError):
            try:
                save_run(trainer, _module(pl_module), exception.state, self._position)
            except SaveError as error:
                raise SaveError(f"{exception}. But {error}") from exception

    def _save(self, trainer: Trainer, module: TrainingModule) -> None:
        folder = self._run / FOLDER / checkpoint_name(trainer.global_step)
        with module.throughput.paused():
            try:
                save_run(trainer, module, folder, self._position)
            except SaveError as error:
                whole = by_the_first(lambda: checkpoints_in(self._run))
                last = f"{whole[-1]} is the newest state there is" if whole else "there is no state yet"
                raise SaveError(
                    f"{error}. {last}: make room, and go on with --resume auto, which repeats the steps since"
                ) from error
            self._saved = trainer.global_step
            self._superseded.discard(folder)
            if trainer.is_global_zero:
                self._remove_old()

    def _remove_old(self) -> None:
        there = checkpoints_in(self._run)
        kept = [path for path in there if path not in self._superseded][-self._settings.keep :]
        for path in there:
            if path not in kept:
                try:
                    discard(path)
                except OSError as error:
                    log.warning("%s can't be removed: %s", path, error)

    def _asked(self, trainer: Trainer) -> bool:
        """Whether any process was asked to stop; all must ask."""
        return trainer.strategy.reduce_boolean_decision(self._interruption.asked, all=False)

    def _note_position(self, trainer: Trainer) -> None:
        self._position = dict(trainer.datamodule.state_dict())  # type: ignore[attr-defined]  # `fit` sets it

    def _lacks_validation(self, trainer: Trainer, module: TrainingModule) -> bool:
        """Whether the run was stopped between a step's state and its validation."""
        every, step, path = module.config.watch.validate_every, trainer.global_step, self._run / METRICS
        if not every or not trainer.limit_val_batches or step == 0 or step % every:
            return False
        lines = read_metrics(path) if path.exists() else []
        return not any(line["step"] == step and any(name.startswith("val/") for name in line) for line in lines)


def _module(pl_module: LightningModule) -> TrainingModule:
    assert isinstance(pl_module, TrainingModule)
    return pl_module
