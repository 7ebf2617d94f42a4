"""Sums up a logging window, and tells loggers and the progress of it."""

from __future__ import annotations

import time
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.profilers import Profiler
from torch import Tensor
from typing_extensions import override

from cointeract_train.figures import figures_of
from cointeract_train.module import TrainingModule
from cointeract_train.progress import Progress
from cointeract_train.throughput import Throughput, peak_memory_gib, rates_of

NEXT_BATCH = "train_dataloader_next"
"""The end of what Lightning calls its waiting for the next batch."""


class DataWait(Profiler):
    """Tells the throughput how long training waited for data. Lightning names what it does to its profiler; this is all it hears."""

    def __init__(self, throughput: Throughput) -> None:
        super().__init__()
        self._throughput, self._begun = throughput, 0.0

    @override
    def start(self, action_name: str) -> None:
        if action_name.endswith(NEXT_BATCH):
            self._begun = time.perf_counter()

    @override
    def stop(self, action_name: str) -> None:
        if action_name.endswith(NEXT_BATCH):
            self._throughput.wait(time.perf_counter() - self._begun)


class Watch(Callback):
    """Every `log_every` steps fetches the window's sums, once, and hands on its figures; after a validation those of it.

    Args:
        log_every: steps of a window.
        progress: is shown them too.
    """

    def __init__(self, log_every: int, progress: Progress) -> None:
        self._every, self._progress = log_every, progress
        self._step = 0
        self._validation_begun = 0.0

    @override
    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        module = _module(pl_module)
        self._step = trainer.global_step
        module.begin_window()
        if trainer.is_global_zero:
            self._progress.begin(self._step, trainer.max_steps)

    @override
    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        module = _module(pl_module)
        if module.pending or trainer.global_step == self._step:
            return
        self._step = trainer.global_step
        if trainer.is_global_zero:
            self._progress.advance(self._step)
        if self._step % self._every == 0:
            figures = figures_of(module.summed(module.figures.sums).tolist())  # waits for the device
            figures |= self._rates(trainer, module)
            figures["memory_gib"] = _reduced(trainer, [peak_memory_gib(module.device)], "max")[0]
            figures["learning_rate"] = trainer.optimizers[0].param_groups[0]["lr"]
            # The step that was made, not the next one's, decides what the figures are of.
            figures["stage"] = list(type(module.stage)).index(module.config.steps.stage(self._step - 1)) + 1.0
            self._log(trainer, figures)
            module.begin_window()

    @override
    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._validation_begun = time.perf_counter()

    @override
    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        module = _module(pl_module)
        figures = figures_of(module.summed(module.validation.sums).tolist())
        self._log(trainer, {f"val/{name}": value for name, value in figures.items()})
        module.throughput.pause(time.perf_counter() - self._validation_begun)

    @override
    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.is_global_zero:
            self._progress.end()

    @override
    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        if trainer.is_global_zero:
            self._progress.end()

    def _rates(self, trainer: Trainer, module: TrainingModule) -> dict[str, float]:
        sums = _reduced(trainer, module.throughput.sums(), "sum")
        return rates_of(sums, trainer.world_size, module.config.watch.peak_tflops)

    def _log(self, trainer: Trainer, figures: dict[str, float]) -> None:
        if not trainer.is_global_zero:
            return
        for logger in trainer.loggers:
            logger.log_metrics(figures, trainer.global_step)
        self._progress.figures(trainer.global_step, figures)


def _reduced(trainer: Trainer, values: list[float], reduce_op: str) -> list[float]:
    """Numbers of all processes, one by one added up or compared."""
    own = torch.tensor(values, dtype=torch.float64, device=trainer.strategy.root_device)
    reduced = trainer.strategy.reduce(own, reduce_op=reduce_op)
    assert isinstance(reduced, Tensor)
    return reduced.tolist()


def _module(pl_module: LightningModule) -> TrainingModule:
    assert isinstance(pl_module, TrainingModule)
    return pl_module
