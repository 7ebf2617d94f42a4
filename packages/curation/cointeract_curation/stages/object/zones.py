"""Where on a person hair and clothes of the upper and lower body may be, row by row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.fit import BodyFit
from cointeract_curation.stages.object.view import View

Floats32 = NDArray[np.float32]
WITHOUT_BODY = {"nose": 0.2, "shoulders": 0.35, "hips": 0.8}
"""Shares of the picture's height where these usually are in a demonstration, for clips without a fitted body."""


@dataclass(frozen=True)
class Zones:
    """Weights (T, h, 1) from 0 to 1 of rows; ``hair`` reaches further down than ``head``."""

    head: Floats32
    hair: Floats32
    upper: Floats32
    lower: Floats32


def body_zones(fit: BodyFit, view: View) -> Zones:
    """Zones of an upright person, from the heights of nose, shoulders and hips."""
    height = view.shape[0]
    nose = _height(fit, view, ("nose",), WITHOUT_BODY["nose"])
    shoulders = _height(fit, view, ("left_shoulder", "right_shoulder"), WITHOUT_BODY["shoulders"])
    hips = _height(fit, view, ("left_hip", "right_hip"), WITHOUT_BODY["hips"])
    unit = np.maximum(height / 50, shoulders - nose)
    rows = np.arange(height)[None] + 0.5
    head = _above(rows, shoulders - 0.1 * unit, unit / 8)
    hair = np.maximum(head, 0.5 * _above(rows, shoulders + 0.9 * unit, unit / 7))
    lower = 1 - _above(rows, hips - 0.15 * unit, unit / 8)
    return Zones(*(zone.astype(np.float32)[:, :, None] for zone in (head, hair, (1 - head) * (1 - lower), lower)))


def _height(fit: BodyFit, view: View, names: tuple[str, ...], share: float) -> NDArray[np.float64]:
    """(T, 1) rows of the view; frames without a body take the clip's middle value."""
    if not fit.fitted.any():
        return np.full((fit.frames, 1), share * view.shape[0])
    numbers = [fit.keypoint_names.index(name) for name in names]
    rows = fit.keypoints_2d[:, numbers, 1].mean(axis=1).astype(np.float64) * view.scale[1]
    known = np.isfinite(rows)
    fallback = np.median(rows[known]) if known.any() else share * view.shape[0]
    return np.where(known, rows, fallback)[:, None]


def _above(rows: NDArray[np.float64], edge: NDArray[np.float64], softness: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(np.clip((rows - edge) / softness, -30, 30))))
