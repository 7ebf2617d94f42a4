"""Saves a run's state every so many steps, and when the run is asked to stop."""

from __future__ import annotations

import logging
import signal
import threading
from pathlib import Path
from types import FrameType
from typing import Any

from lightning.fabric.plugins import TorchCheckpointIO
from lightning.pytorch import Callback, LightningModule, Trainer
from typing_extensions import override

from cointeract_shards.atomic import atomic_file
from cointeract_train.module import TrainingModule
from cointeract_train.resume import FOLDER, checkpoint_name, checkpoints_in

log = logging.getLogger(__name__)

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class WholeCheckpointIO(TorchCheckpointIO):
    """Writes a state so that its file appears whole or not at all."""

    @override
    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any | None = None) -> None:
        with atomic_file(Path(path)) as temporary:
            super().save_checkpoint(checkpoint, temporary, storage_options)


class Checkpoints(Callback):
    """Saves states and removes old ones. Ctrl-C and SIGTERM end the run after the step that is being made, with its state saved.

    Args:
        run: folder of the run.
        every: steps between states.
        keep: newest states that stay.
    """

    def __init__(self, run: Path, every: int, keep: int) -> None:
        self._run, self._every, self._keep = run, every, keep
        self._saved: int | None = None
        self._handlers: dict[int, Any] = {}
        self.interrupted = False

    @override
    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._saved = trainer.global_step
        if threading.current_thread() is threading.main_thread():
            self._handlers = {number: signal.signal(number, self._on_signal) for number in SIGNALS}

    @override
    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        step = trainer.global_step
        assert isinstance(pl_module, TrainingModule)
        if pl_module.pending or step == self._saved:
            return  # between the passes of a step
        if step % self._every == 0 or step == trainer.max_steps or self.interrupted:
            with pl_module.throughput.paused():
                self._save(trainer, step)
        if self.interrupted:
            trainer.should_stop = True

    @override
    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._give_back_signals()

    @override
    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        self._give_back_signals()

    def _save(self, trainer: Trainer, step: int) -> None:
        path = self._run / FOLDER / checkpoint_name(step)
        trainer.save_checkpoint(path)
        self._saved = step
        if trainer.is_global_zero:
            for old in checkpoints_in(self._run)[: -self._keep]:
                old.unlink(missing_ok=True)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        log.warning("%s: stopping after this step; once more stops at once", signal.Signals(number).name)
        self.interrupted = True
        self._give_back_signals()

    def _give_back_signals(self) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._handlers = {}
