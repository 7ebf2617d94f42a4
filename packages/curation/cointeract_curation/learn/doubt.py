"""Errors as landmarks of real footage have them: off by a little, guessed from the arm, or missing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.fit import BodyFit

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

SEEN, GUESSED = 0.72, 0.23
"""Shares of hands, over a shot, that are seen, and that only the fitted body knows; the rest is found by nobody."""
LOST = 0.1
"""Share of frames in which a seen hand is lost."""
SEEN_OFF, SEEN_SCALE = 0.07, 0.08
GUESS_OFF, GUESS_TURN = 0.3, 0.4
"""Deviations in palm lengths, of the size, and in radians."""


def wobble(rng: np.random.Generator, frames: int, deviation: float) -> Floats:
    """(frames, 2) offsets: one for the whole shot and a smaller one for each frame."""
    return np.asarray(rng.normal(0, deviation, (1, 2)) + rng.normal(0, deviation / 3, (frames, 2)))


def doubted_hands(hands: Floats32, fit: BodyFit, rng: np.random.Generator) -> tuple[Floats32, BodyFit]:
    """Hands (N, 2, 21, 2) in pixels as they would be seen, and the body with hands as it would guess them."""
    frames = len(hands)
    seen, guess = hands.copy(), hands.copy()
    for side in (0, 1):
        points = hands[:, side]
        palm = float(np.nanmedian(np.linalg.norm(points[:, 9] - points[:, 0], axis=-1)))
        guess[:, side] = _turned(points, rng, GUESS_TURN) + wobble(rng, frames, GUESS_OFF * palm)[:, None]
        off = wobble(rng, frames, SEEN_OFF * palm)[:, None] + rng.normal(0, SEEN_OFF * palm / 2, points.shape)
        middle = points.mean(axis=1, keepdims=True)
        seen[:, side] = middle + (points - middle) * rng.normal(1, SEEN_SCALE) + off
        draw = rng.random()
        if draw > SEEN:
            seen[:, side] = np.nan
        if draw > SEEN + GUESSED:
            guess[:, side] = np.nan
        # Neighbours are lost together, as they look alike.
        lost = np.repeat(rng.random(-(-frames // 2)) < LOST, 2)[:frames]
        seen[lost, side] = np.nan
    return seen.astype(np.float32), replace(fit, hands_2d=guess.astype(np.float32))


def _turned(points: Floats32, rng: np.random.Generator, deviation: float) -> Floats32:
    """Points (N, 21, 2) turned around the wrist."""
    angle = rng.normal(0, deviation)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    wrist = points[:, :1]
    return np.asarray((points - wrist) @ turn.T + wrist, np.float32)
