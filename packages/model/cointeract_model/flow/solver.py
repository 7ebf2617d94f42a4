"""From noise to data along the model's velocity: the loop that every solver shares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch

from cointeract_model.flow.latents import Latents, check_alike, check_latents
from cointeract_model.flow.schedule import FlowSchedule

VelocityFunction = Callable[[Latents, float], Latents]
"""`(latents, timestep)` to the velocity `dx / dsigma` of each stream; the timestep runs from 1000 to 0."""


@dataclass(frozen=True)
class Progress:
    """What is known after a step.

    Attributes:
        step: steps done, from 1.
        steps: of all.
        timestep: the one that the model was last asked at.
        latents: after the step; not to be changed.
    """

    step: int
    steps: int
    timestep: float
    latents: Latents


class Trajectory(Protocol):
    """One run of a solver; it may remember earlier steps."""

    def step(self, latents: Latents, velocity: Latents) -> Latents:
        """The latents at the next noise level, from those at this one and the velocity there."""
        ...


class Solver(Protocol):
    """A rule for stepping through noise levels, with one velocity a step."""

    def start(self, levels: list[float]) -> Trajectory:
        """Begin at `levels[0]`; each step goes on to the next of the falling levels. The last is 0."""
        ...


def denoise(
    velocity: VelocityFunction,
    noise: Latents,
    schedule: FlowSchedule,
    solver: Solver,
    on_step: Callable[[Progress], None] | None = None,
) -> Latents:
    """Follow the velocity from noise to data; all streams are denoised together.

    Args:
        velocity: asked once a step, N times in all. It may answer in bfloat16; the latents stay as precise as the noise.
        noise: (B, ...) of each stream, float32 or float64.
        schedule: N noise levels.
        solver: Euler or UniPC.
        on_step: told after each step. An error it raises ends the run, which is how to cancel.

    Returns:
        Latents at noise level 0, in the shapes of `noise`.

    Raises:
        ValueError: noise in another dtype, or a velocity in another shape or not finite.
    """
    check_latents(noise, "noise")
    trajectory = solver.start(schedule.levels())
    steps, latents = len(schedule), noise
    for number, timestep in enumerate(schedule.timesteps.tolist(), start=1):
        answer = velocity(latents, timestep)
        check_alike(latents, answer, "the latents", "the velocity")
        precise = tuple(stream.to(noise[0].dtype) for stream in answer)
        if not all(bool(torch.isfinite(stream).all()) for stream in precise):
            raise ValueError(
                f"the velocity at step {number} of {steps} (timestep {timestep:.1f}) isn't finite: look for NaN in weights "
                "and inputs, or compute in a wider dtype"
            )
        latents = trajectory.step(latents, precise)
        if on_step is not None:
            on_step(Progress(number, steps, timestep, latents))
    return latents
