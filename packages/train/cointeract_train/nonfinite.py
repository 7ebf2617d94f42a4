"""What happens when a loss or a gradient is NaN or infinite: the run stops, says at which samples, and keeps the state before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from lightning.pytorch import Trainer
from torch import Tensor

from cointeract_train.errors import NonFiniteError
from cointeract_train.losses import Losses
from cointeract_train.resume import FOLDER, checkpoint_name
from cointeract_train.saving.together import gathered
from cointeract_train.throughput import Work


@dataclass(frozen=True, eq=False)
class Pass:
    """A forward and backward pass of a step."""

    keys: tuple[str, ...]
    """Of its samples."""
    timesteps: Tensor
    """(B,), on the CPU."""
    hoi_present: tuple[bool, ...]
    losses: Losses
    work: Work


def stop_at_bad_step(trainer: Trainer, passes: Sequence[Pass]) -> NoReturn:
    """Raise `NonFiniteError` over the passes of a step in this process; the state before it is saved where that arrives.

    All processes come here in the same step, since the gradient is that of all; each names the samples of all.
    """
    named = _of_all([key for one in passes for key in _bad_samples(one)])
    every = _of_all([key for one in passes for key in one.keys])
    what = (
        f"the loss isn't finite for {', '.join(named)}"
        if named
        else f"the losses are finite, but the gradient isn't, at {', '.join(every)}"
    )
    step = trainer.global_step
    state = Path(trainer.default_root_dir) / FOLDER / f"non-finite-{checkpoint_name(step)}"
    raise NonFiniteError(
        f"step {step + 1}: {what}. The weights before this step are in {state}; resuming from it repeats the "
        "step. Look at these samples, or lower optimiser.learning_rate or optimiser.clip",
        state,
    )


def _of_all(keys: list[str]) -> list[str]:
    """Keys of every process, each once."""
    return list(dict.fromkeys(key for part in gathered(keys) for key in part))


def _bad_samples(one: Pass) -> list[str]:
    finite = (one.losses.rgb.isfinite() & one.losses.hoi.isfinite()).tolist()
    return [key for key, good in zip(one.keys, finite, strict=True) if not good]
