"""The nearest triangle at each pixel: what the picture, its masks and the silhouettes of the truth start from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.camera import Pinhole

Floats32 = NDArray[np.float32]
DEVICE = "cpu"
EMPTY = np.iinfo(np.int64).max  # what `rasterise` starts from
TRIANGLE_BITS = 0xFFFFFFFF


class Outline:
    """Projects and rasterises the triangles of one topology, with Warp on the CPU."""

    def __init__(self, faces: NDArray[np.int32], size: tuple[int, int]) -> None:
        """`faces` (F, 3), `size` (width, height) of the picture."""
        import warp as wp

        from cointeract_curation.synth import kernels

        self._wp, self._kernel, self._size, self._count = wp, kernels.rasterise, size, len(faces)
        self.indices = wp.array(faces.reshape(-1), dtype=wp.int32, device=DEVICE)
        self.nearest = wp.empty(size[0] * size[1], dtype=wp.int64, device=DEVICE)

    def draw(self, vertices: Floats32, camera: Pinhole) -> tuple[NDArray[np.int32], Any]:
        """The triangle (H, W) at each pixel, -1 for none, and the projected vertices as a Warp array.

        What lies behind the camera must not be in `vertices` (V, 3), world frame.
        """
        wp, (width, height) = self._wp, self._size
        pixels, depths = camera.project(vertices.astype(np.float64))
        projected = wp.array(np.column_stack([pixels, 1 / depths]), dtype=wp.vec3, device=DEVICE)
        self.nearest.fill_(EMPTY)
        inputs = [projected, self.indices, width, height, self.nearest]
        wp.launch(self._kernel, dim=self._count, inputs=inputs, device=DEVICE)
        words = self.nearest.numpy().reshape(height, width)
        return np.where(words == EMPTY, -1, words & TRIANGLE_BITS).astype(np.int32), projected


class Touch:
    """Distances of points to the surface of one mesh with changing vertices."""

    def __init__(self, faces: NDArray[np.int32]) -> None:
        import warp as wp

        from cointeract_curation.synth import kernels

        self._wp, self._kernel = wp, kernels.surface_distance
        self._indices = wp.array(faces.reshape(-1), dtype=wp.int32, device=DEVICE)

    def distances(self, vertices: Floats32, points: Floats32, reach: float) -> Floats32:
        """(K,) metres from points (K, 3) to the surface, without a sign; `reach` where nothing is as near."""
        wp = self._wp
        mesh = wp.Mesh(points=wp.array(vertices, dtype=wp.vec3, device=DEVICE), indices=self._indices)
        found = wp.empty(len(points), dtype=wp.float32, device=DEVICE)
        inputs = [mesh.id, wp.array(points, dtype=wp.vec3, device=DEVICE), reach, found]
        wp.launch(self._kernel, dim=len(points), inputs=inputs, device=DEVICE)
        return np.asarray(found.numpy())
