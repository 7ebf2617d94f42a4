"""How much the loss of each timestep counts."""

from __future__ import annotations

import math
from enum import StrEnum

import torch
from torch import Tensor

from cointeract_model.flow.schedule import TIMESTEPS, FlowSchedule

GAUSSIAN_CENTRE = TIMESTEPS / 2
"""Timestep that counts most."""


class LossWeighting(StrEnum):
    """Weights of the timesteps; their mean over a schedule is 1."""

    NONE = "none"
    """All alike: Eq. 2 of the paper."""

    GAUSSIAN = "gaussian"
    """`exp(-2 ((t - 500) / 1000)^2)` less its least value: the released trainer. 2.08 near t = 500, 0 at t = 1000."""


def loss_weights(schedule: FlowSchedule, weighting: LossWeighting) -> Tensor:
    """Weight of each timestep of a schedule, (N,) float32 with a mean of 1.

    Raises:
        ValueError: Gaussian weights of a schedule whose timesteps all weigh the same, such as one of a single step.
    """
    if weighting is LossWeighting.NONE:
        return torch.ones_like(schedule.timesteps)
    weights = torch.exp(-2 * ((schedule.timesteps - GAUSSIAN_CENTRE) / TIMESTEPS) ** 2)
    weights = weights - weights.min()
    total = float(weights.sum())
    if math.isclose(total, 0.0):
        raise ValueError(f"a schedule of {len(schedule)} steps has no Gaussian weights: the least of them is taken off")
    return weights * (len(schedule) / weights.sum())
