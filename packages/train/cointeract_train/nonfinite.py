"""What happens when a loss or a gradient is NaN or infinite: the run stops, says at which samples, and keeps the state before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from lightning.pytorch import Trainer
from torch import Tensor, distributed

from cointeract_train.errors import NonFiniteError
from cointeract_train.losses import Losses
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


@dataclass(frozen=True)
class Boundary:
    """Where loops and data were after a step: what a state that is saved inside the next one goes on from."""

    loop: dict[str, Any]
    data: dict[str, Any] | None

    @classmethod
    def of(cls, trainer: Trainer) -> Boundary:
        """Where they are now."""
        data = trainer.datamodule  # type: ignore[attr-defined]  # `fit` sets it
        return cls(trainer.fit_loop.state_dict(), None if data is None else data.state_dict())

    def put(self, checkpoint: dict[str, Any], trainer: Trainer) -> None:
        """Into a saved state, in place of where they are."""
        checkpoint["loops"]["fit_loop"] = self.loop
        if self.data:
            checkpoint[type(trainer.datamodule).__qualname__] = self.data  # type: ignore[attr-defined]


def stop_at_bad_step(trainer: Trainer, passes: Sequence[Pass]) -> NoReturn:
    """Save the state before the step, whose passes these are in this process, and raise `NonFiniteError`.

    All processes come here in the same step, since the gradient is that of all; each names the samples of all.
    """
    named = _of_all(trainer, [key for one in passes for key in _bad_samples(one)])
    every = _of_all(trainer, [key for one in passes for key in one.keys])
    what = (
        f"the loss isn't finite for {', '.join(named)}"
        if named
        else f"the losses are finite, but the gradient isn't, at {', '.join(every)}"
    )
    path = Path(trainer.default_root_dir) / f"non-finite-step-{trainer.global_step:08d}.ckpt"
    trainer.save_checkpoint(path)
    raise NonFiniteError(
        f"step {trainer.global_step + 1}: {what}. The weights before this step are in {path}; resuming from it repeats the "
        "step. Look at these samples, or lower optimiser.learning_rate or optimiser.clip"
    )


def _of_all(trainer: Trainer, keys: list[str]) -> list[str]:
    """Keys of every process, each once."""
    if trainer.world_size == 1:
        return keys
    parts: list[list[str]] = [[]] * trainer.world_size
    distributed.all_gather_object(parts, keys)
    return list(dict.fromkeys(key for part in parts for key in part))


def _bad_samples(one: Pass) -> list[str]:
    finite = (one.losses.rgb.isfinite() & one.losses.hoi.isfinite()).tolist()
    return [key for key, good in zip(one.keys, finite, strict=True) if not good]
