"""What renders a mesh, whichever library does it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats32 = NDArray[np.float32]


@dataclass(frozen=True)
class Shaded:
    """One frame of a mesh in the light of `lighting`."""

    brightness: Floats32
    """(H, W) from 0 to 1, display values, already weighted by coverage: what the mesh shows on black."""
    coverage: Floats32 = field(repr=False)
    """(H, W) share of each pixel that the mesh covers; between 0 and 1 at its outline alone."""
    depth: Floats32 = field(repr=False)
    """(H, W) metres along the optical axis of the nearest sample, infinite where there is nothing."""


class MeshRenderer(Protocol):
    """Renders one mesh topology at one picture size."""

    def shade(self, vertices: Floats32, focal: float, centre: tuple[float, float]) -> Shaded:
        """The picture of vertices (V, 3) in camera space: metres, x right, y down, z away.

        ``focal`` and ``centre`` (x, y) are in pixels, with (0.5, 0.5) the middle of the first pixel. Frames without a body
        (NaN) give an empty picture.
        """
