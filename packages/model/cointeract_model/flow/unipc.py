"""UniPC: a multistep predictor and corrector, of second order or better where Euler is of first, for as many velocities.

Zhao et al., "UniPC: A Unified Predictor-Corrector Framework for Fast Sampling of Diffusion Models", NeurIPS 2023; the form
that predicts data, with `B(h) = e^h - 1`. With `alpha = 1 - sigma` and `lambda = log(alpha / sigma)`, the path from s to t is

    x_t = (sigma_t / sigma_s) x_s + (1 - sigma_t / sigma_s) (m_s + sum over k of rho_k (m_k - m_s) / r_k)

with `h = lambda_t - lambda_s`, for which the factor of the paper, `alpha_t (1 - e^-h)`, is `1 - sigma_t / sigma_s`. Here
`m = x - sigma v` is the data that the velocity points to, `m_k` what it pointed to elsewhere, and `r_k = (lambda_k - lambda_s) / h`.
The predictor uses earlier points; the corrector repeats the step once the velocity at t is known, and asks for no velocity of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from cointeract_model.flow.latents import Latents

HIGHEST_ORDER = 3
ALMOST_NOISE = 1 - 1e-6
"""lambda is minus infinity at sigma 1; it's taken here instead, as the field's implementations do."""


class UniPcSolver:
    """Order 2 by default, which its authors advise with guidance; order 3 without. Wan samples with it.

    First and last step are of order 1, so that a whole run converges as the square of the number of steps.
    """

    def __init__(self, order: int = 2) -> None:
        """Take the order of the predictor, 1 to 3.

        Raises:
            ValueError: another order.
        """
        if not 1 <= order <= HIGHEST_ORDER:
            raise ValueError(f"UniPC of order {order} isn't offered; give 1 to {HIGHEST_ORDER}")
        self._order = order

    def start(self, levels: list[float]) -> UniPcTrajectory:
        """Begin at the first of the falling noise levels."""
        return UniPcTrajectory(levels, self._order)


@dataclass(frozen=True)
class _Prediction:
    """The data that a velocity pointed to, and the lambda at which it did."""

    log_ratio: float
    data: Latents


class UniPcTrajectory:
    """Remembers what the last velocities pointed to. The order is 1 at both ends, where there are too few neighbours."""

    def __init__(self, levels: list[float], order: int) -> None:
        self._levels = levels
        self._order = order
        self._done = 0
        self._past: list[_Prediction] = []  # oldest first, as many as the order needs
        self._corrected: Latents = ()
        self._last_order = 0

    def step(self, latents: Latents, velocity: Latents) -> Latents:
        """The latents at the next noise level; those at this one are corrected on the way."""
        done, steps = self._done, len(self._levels) - 1
        sigma = self._levels[done]
        data = tuple(stream - sigma * slope for stream, slope in zip(latents, velocity, strict=True))
        here = _Prediction(_log_ratio(sigma), data)
        if self._past:
            *earlier, base = self._past[-self._last_order :]
            latents = _advance(self._corrected, self._levels[done - 1], sigma, base, [*reversed(earlier), here])
        order = min(self._order, done + 1, steps - done)
        neighbours = self._past[::-1][: order - 1]
        self._past = [*self._past, here][-self._order :]
        self._corrected, self._last_order, self._done = latents, order, done + 1
        return _advance(latents, sigma, self._levels[done + 1], here, neighbours)


def _advance(start: Latents, before: float, after: float, base: _Prediction, others: list[_Prediction]) -> Latents:
    """The step of the module's equation, from `start` at noise level `before` to `after`."""
    length = _log_ratio(after) - base.log_ratio
    kept = after / before
    ratios = [(other.log_ratio - base.log_ratio) / length for other in others]
    shares = [rho / ratio for rho, ratio in zip(_coefficients(ratios, length), ratios, strict=True)]
    result = []
    for number, stream in enumerate(start):
        data = base.data[number]
        for share, other in zip(shares, others, strict=True):
            data = data + share * (other.data[number] - base.data[number])
        result.append(kept * stream + (1 - kept) * data)
    return tuple(result)


def _coefficients(ratios: list[float], length: float) -> list[float]:
    """rho of each further point, so that the step is exact for data that changes as a polynomial in lambda.

    For a single point, one half holds in the limit of short steps and is what the authors use for all.
    """
    if len(ratios) < 2:  # noqa: PLR2004
        return [0.5] * len(ratios)
    first = math.expm1(-length)
    remainder = first
    moments = []
    for power in range(1, len(ratios) + 1):
        remainder = -remainder / length - 1 / math.factorial(power)
        moments.append(remainder * math.factorial(power) / first)
    powers = np.vander(np.array(ratios), increasing=True).T
    solved: list[float] = np.linalg.solve(powers, np.array(moments)).tolist()
    return solved


def _log_ratio(sigma: float) -> float:
    """lambda, `log((1 - sigma) / sigma)`; infinite at sigma 0."""
    return math.log((1 - min(sigma, ALMOST_NOISE)) / sigma) if sigma else math.inf
