"""Smooth curves over time, drawn from a seed: what all movement is made of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WAVES = 4
SLOWEST, FASTEST = 0.07, 0.5  # Hz


def wander(rng: np.random.Generator, times: Floats, fastest: float = FASTEST) -> Floats:
    """A smooth curve over times (N,) in seconds, mean about 0, mostly within -1 to 1: a few slow sinusoids."""
    frequency = rng.uniform(SLOWEST, fastest, WAVES)
    phase = rng.uniform(0, 2 * np.pi, WAVES)
    weight = rng.uniform(0.5, 1.0, WAVES) / np.sqrt(frequency / SLOWEST)
    waves = np.sin(2 * np.pi * frequency * times[:, None] + phase) @ weight
    return np.asarray(waves / np.sqrt((weight**2).sum()))


def wander3(rng: np.random.Generator, times: Floats, reach: tuple[float, float, float]) -> Floats:
    """A wandering place (N, 3) within about `reach` of the origin."""
    return np.stack([wander(rng, times) * extent for extent in reach], axis=1)


def smooth_step(values: Floats) -> Floats:
    """0 below 0, 1 above 1, with continuous acceleration between."""
    x = np.clip(values, 0, 1)
    return np.asarray(x**3 * (x * (6 * x - 15) + 10))


def pulses(times: Floats, spans: list[tuple[float, float]], rise: float) -> Floats:
    """A curve (N,) that is 1 inside the given spans of time and eases in and out over `rise` seconds around them."""
    level = np.zeros_like(times)
    for start, end in spans:
        up = smooth_step((times - start + rise) / rise)
        down = smooth_step((end + rise - times) / rise)
        level = np.maximum(level, np.minimum(up, down))
    return level


def blinks(rng: np.random.Generator, times: Floats) -> Floats:
    """How far the eyes are closed (N,): a blink of a quarter of a second every few seconds."""
    closed = np.zeros_like(times)
    at = float(rng.uniform(0.6, 2.5))
    while at < times[-1]:
        closed = np.maximum(closed, np.clip(1 - np.abs(times - at) / 0.13, 0, 1))
        at += float(rng.uniform(1.8, 4.5))
    return closed
