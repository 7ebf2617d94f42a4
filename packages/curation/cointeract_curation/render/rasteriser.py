"""Which triangle of a mesh each pixel shows, and how far away it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats32 = NDArray[np.float32]
EMPTY_WORD = np.iinfo(np.int64).max
NEAR = 0.05
"""Metres in front of the camera within which nothing is drawn."""


@dataclass(frozen=True)
class Raster:
    """One frame's pixels."""

    triangles: NDArray[np.int32]
    """(H, W) index of the nearest triangle, -1 where there is none."""
    depth: Floats32 = field(repr=False)
    """(H, W) metres along the optical axis, infinite where there is nothing."""

    @property
    def covered(self) -> NDArray[np.bool_]:
        """(H, W) pixels whose middle lies on the mesh."""
        return self.triangles >= 0


class Rasteriser:
    """Rasterises a mesh of fixed topology with Warp, one sample in the middle of each pixel."""

    def __init__(self, faces: NDArray[np.int32], vertices: int, size: tuple[int, int], device: str = "cpu") -> None:
        """For meshes of ``vertices`` points and triangles ``faces`` (F, 3), in pictures of ``size`` (width, height)."""
        # Warp takes half a second to import and most commands don't render.
        import warp as wp

        wp.config.quiet = True
        from cointeract_curation.render import kernels

        self._wp, self._kernels, self.size, self._device = wp, kernels, size, device
        self.faces, self.corners = len(faces), vertices
        pixels = size[0] * size[1]
        self.indices = wp.array(np.ascontiguousarray(faces, np.int32).reshape(-1), dtype=wp.int32, device=device)
        self.projected = wp.empty(vertices, dtype=wp.vec3, device=device)
        self.nearest = wp.empty(pixels, dtype=wp.int64, device=device)
        self._triangles = wp.empty(pixels, dtype=wp.int32, device=device)
        self._depths = wp.empty(pixels, dtype=wp.float32, device=device)

    def project(self, vertices: Floats32, focal: float, centre: tuple[float, float]) -> None:
        """Place vertices (V, 3) of camera space (metres, x right, y down, z away) in the picture.

        Raises:
            ValueError: their number isn't the mesh's.
        """
        if vertices.shape != (self.corners, 3):
            raise ValueError(f"vertices have shape {vertices.shape}, the mesh has {self.corners} of them with 3 values")
        # A body that wasn't fitted is NaN; at depth 0 it is nowhere.
        points = self._wp.array(np.nan_to_num(vertices, nan=0.0), dtype=self._wp.vec3, device=self._device)
        place = [points, float(focal), self._wp.vec2(*centre), NEAR, self.projected]
        self.launch(self._kernels.project, self.corners, *place)

    def sample(self) -> None:
        """Find what the middles of pixels show; kept in `nearest`."""
        width, height = self.size
        self.nearest.fill_(EMPTY_WORD)
        self.launch(self._kernels.rasterise, self.faces, self.projected, self.indices, width, height, self.nearest)

    def render(self, vertices: Floats32, focal: float, centre: tuple[float, float]) -> Raster:
        """The picture of vertices (V, 3) in camera space. ``focal`` and ``centre`` (x, y) are pixels of this picture."""
        self.project(vertices, focal, centre)
        self.sample()
        return self.unpack()

    def unpack(self) -> Raster:
        """The triangles and depths of the last `sample`."""
        width, height = self.size
        self.launch(self._kernels.unpack, width * height, self.nearest, self._triangles, self._depths)
        triangles = self._triangles.numpy().reshape(height, width).copy()
        return Raster(triangles, self._depths.numpy().reshape(height, width).copy())

    def launch(self, kernel: Any, threads: int, *inputs: Any) -> None:
        """Run a kernel on this rasteriser's device."""
        self._wp.launch(kernel, dim=threads, inputs=list(inputs), device=self._device)
