"""The shifted noise schedule of training and inference."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

TIMESTEPS = 1000
"""Timesteps of a whole trajectory: `timestep = 1000 * sigma`. Training draws from as many noise levels."""

TRAINING_SHIFT = 5.0
"""Shift of the released training; inference uses it too in Wan, and 7 in the released CoInteract."""


@dataclass(frozen=True)
class FlowSchedule:
    """Noise levels from noise to data, without the 0 at the end.

    Attributes:
        sigmas: (N,) float32, falling from 1; the data itself, sigma 0, follows the last.
        timesteps: (N,) float32, `1000 * sigmas`.
    """

    sigmas: Tensor
    timesteps: Tensor

    @classmethod
    def shifted(cls, steps: int = TIMESTEPS, shift: float = TRAINING_SHIFT) -> FlowSchedule:
        """`sigma = shift * u / (1 + (shift - 1) * u)` on N even steps of u, from 1 down to `1 / N`.

        A shift above 1 spends more steps near noise. Computed in float32, to the bit as in the released scheduler.

        Args:
            steps: N; 1000 for training, such as 40 for inference.
            shift: 5 in training, 5 or 7 in inference.

        Raises:
            ValueError: fewer than one step, or a shift that isn't finite and positive.
        """
        if steps < 1:
            raise ValueError(f"a schedule of {steps} steps can't be made; give 1 or more")
        if not (math.isfinite(shift) and shift > 0):
            raise ValueError(f"shift {shift} isn't a positive number; the released models use 5 and 7")
        even = torch.linspace(1, 0, steps + 1, dtype=torch.float32)[:-1]
        sigmas = shift * even / (1 + (shift - 1) * even)
        return cls(sigmas, sigmas * TIMESTEPS)

    def __len__(self) -> int:
        return self.sigmas.shape[0]

    def levels(self) -> list[float]:
        """The N noise levels and the 0 that follows them: what a solver steps through."""
        return [*self.sigmas.tolist(), 0.0]
