"""Euler's method: straight along the velocity, as the released code samples."""

from __future__ import annotations

from itertools import pairwise

from cointeract_model.flow.latents import Latents


class EulerSolver:
    """First order: the error falls with the number of steps."""

    def start(self, levels: list[float]) -> EulerTrajectory:
        """Begin at the first of the falling noise levels."""
        return EulerTrajectory(levels)


class EulerTrajectory:
    """`x' = x + (sigma' - sigma) * v`."""

    def __init__(self, levels: list[float]) -> None:
        self._lengths = [after - before for before, after in pairwise(levels)]
        self._done = 0

    def step(self, latents: Latents, velocity: Latents) -> Latents:
        """The latents at the next noise level."""
        length = self._lengths[self._done]
        self._done += 1
        return tuple(stream + length * slope for stream, slope in zip(latents, velocity, strict=True))
