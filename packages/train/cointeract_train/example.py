"""One draw of training: what the data side makes and the training module takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from torch import Tensor

from cointeract_model.inputs import Conditions


@dataclass(frozen=True, eq=False)
class Example:
    """A sample as it was drawn at one position of one epoch: encoded, parts dropped, with the seed of its noise.

    T target latent frames of 16 channels and h x w cells. Everything is float32 on the CPU.
    """

    key: str
    """The sample's key."""
    conditions: Conditions
    """A batch of one. What was dropped: motion and pose are None, audio is zeros, text is the rows of the empty prompt."""
    target: Tensor
    """(16, T, h, w) clean latents of the RGB stream."""
    hoi: Tensor | None
    """(16, T, h, w) clean latents of the HOI stream, given exactly where `conditions.hoi_text` is."""
    labels: Tensor
    """(T * h / 2 * w / 2,) int64 router labels: 0 base, 1 hand, 2 head; time first, then rows, then columns."""
    seed: int
    """Of this draw's timestep and noise, 0 to 2^63 - 1: from the run's seed, the epoch and the position in the global order,
    whatever the rank, the worker and the batch size."""


Batch: TypeAlias = list[Example]
"""The examples of one step of one rank; `cointeract_model.stacking` makes one batch of them."""
