"""Lightning's counters, which follow from the number of steps: so a state needs none of them, and fits any number of passes."""

from __future__ import annotations

from typing import Any

from lightning.pytorch import Trainer


def go_to(trainer: Trainer, step: int) -> None:
    """Set the loops of a trainer, before they run, to where they are between a step and the next.

    All of a run is one epoch. Whatever comes after a step, such as validation, counts as done.

    Args:
        trainer: with `accumulate_grad_batches` passes a step.
        step: optimiser steps that were made.
    """
    passes = step * trainer.accumulate_grad_batches
    loops: dict[str, Any] = trainer.fit_loop.state_dict()
    for counts in loops["epoch_progress"].values():
        counts |= {"ready": 1, "started": 1}
    _count(loops["epoch_loop.batch_progress"], passes)
    _count(loops["epoch_loop.scheduler_progress"], step)
    for progress in loops["epoch_loop.automatic_optimization.optim_progress"]["optimizer"].values():
        _count(progress, step)
    loops["epoch_loop.state_dict"]["_batches_that_stepped"] = step
    trainer.fit_loop.load_state_dict(loops)


def _count(progress: dict[str, Any], done: int) -> None:
    """Set everything that is counted, now and in all."""
    for counts in (progress["current"], progress["total"]):
        counts.update(dict.fromkeys(counts, done))
