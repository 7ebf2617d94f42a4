"""The pinhole camera. Camera axes as in OpenCV: x right, y down, z forwards; world axes: z up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.geometry import columns, unit

Floats = NDArray[np.float64]
UP = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True)
class Pinhole:
    """One frame's camera: x_camera = rotation @ x_world + translation; pixel = focal * (x, y) / z + centre.

    The middle of the top left pixel is (0.5, 0.5).
    """

    rotation: Floats  # (3, 3)
    translation: Floats  # (3,)
    focal: float  # pixels
    centre: tuple[float, float]  # pixels

    @property
    def origin(self) -> Floats:
        """The camera's place in the world."""
        return np.asarray(-self.rotation.T @ self.translation)

    def project(self, points: Floats) -> tuple[Floats, Floats]:
        """Pixels (..., 2) and depths (...) along the optical axis of world points (..., 3)."""
        local = points @ self.rotation.T + self.translation
        return local[..., :2] / local[..., 2:] * self.focal + np.array(self.centre), local[..., 2]


def look_at(origin: Floats, target: Floats, focal: float, size: tuple[int, int]) -> Pinhole:
    """A level camera at `origin` that has `target` in the middle of a picture of size (width, height)."""
    forward = unit(target - origin)
    right = unit(np.cross(forward, UP))
    down = np.cross(forward, right)
    rotation = columns(right, down, forward).T
    return Pinhole(rotation, -rotation @ origin, focal, (size[0] / 2, size[1] / 2))
