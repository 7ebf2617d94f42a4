"""Data from one normal distribution: the ideal velocity and the path it leads along are known in closed form."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from cointeract_model.flow.latents import Latents
from cointeract_model.flow.solver import Solver

MEAN, DEVIATION = 0.7, 0.4


def spread(sigma: float) -> float:
    return math.sqrt((1 - sigma) ** 2 * DEVIATION**2 + sigma**2)


def at(noise: Tensor, sigma: float) -> Tensor:
    """Where the ideal path from `noise` at sigma 1 is at `sigma`."""
    return (1 - sigma) * MEAN + spread(sigma) * noise


def velocity(latents: Latents, timestep: float) -> Latents:
    sigma = timestep / 1000
    slope = (sigma - (1 - sigma) * DEVIATION**2) / spread(sigma) ** 2
    return tuple(slope * (stream - (1 - sigma) * MEAN) - MEAN for stream in latents)


def follow(solver: Solver, noise: Tensor, levels: list[float]) -> Tensor:
    """Solve between any two noise levels."""
    latents: Latents = (at(noise, levels[0]),)
    trajectory = solver.start(levels)
    for sigma in levels[:-1]:
        latents = trajectory.step(latents, velocity(latents, 1000 * sigma))
    return latents[0]


def error(solver: Solver, steps: int, first: float, last: float) -> float:
    """Largest error after `steps` even steps of lambda between two noise levels."""
    noise = torch.linspace(-2, 2, 9, dtype=torch.float64)[:, None]
    ratios = torch.linspace(math.log((1 - first) / first), math.log((1 - last) / last), steps + 1, dtype=torch.float64)
    levels = torch.sigmoid(-ratios).tolist()
    return float((follow(solver, noise, levels) - at(noise, levels[-1])).abs().max())
