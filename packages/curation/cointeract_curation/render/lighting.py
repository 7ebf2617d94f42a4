"""The light that a body is shown in: soft, without colour, fixed to the camera, so that only geometry makes a difference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats32 = NDArray[np.float32]
Direction = tuple[float, float, float]


@dataclass(frozen=True)
class Lamp:
    """A distant light. ``towards`` points to it in camera axes (x right, y down, z away), of any length."""

    towards: Direction
    strength: float
    wrap: float = 0.0
    """How far the light reaches around a surface that turns away: 0 Lambert, 1 half of it all around."""


RIG = (Lamp((-0.45, -0.65, -0.75), 0.62, 0.25), Lamp((0.75, -0.15, -0.55), 0.2, 0.4), Lamp((0.1, 0.7, -0.5), 0.08, 0.5))
"""A key light from the upper left of the camera, a fill from the right, a little from below."""
AMBIENT = 0.12
CONTOUR = 0.12
"""Brightness that surfaces lose as they turn away from the camera, so that fingers stand out against a palm."""


def light_vertices(normals: Floats32) -> Floats32:
    """Brightness (V,) from 0 to 1, display values, of unit normals (V, 3) in camera axes."""
    light = np.full(len(normals), AMBIENT, np.float32)
    for lamp in RIG:
        towards = np.asarray(lamp.towards, np.float32)
        cosine = normals @ (towards / np.linalg.norm(towards))
        light += lamp.strength * np.maximum(0, (cosine + lamp.wrap) / (1 + lamp.wrap))
    facing = np.clip(-normals[:, 2], 0, 1)
    light -= CONTOUR * (1 - facing)
    return np.clip(light, 0, 1).astype(np.float32)
