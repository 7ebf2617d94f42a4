"""Smooth shading with Warp, on the CPU or with CUDA, with four samples a pixel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.geometry import Surface
from cointeract_curation.render.lighting import light_vertices
from cointeract_curation.render.rasteriser import Rasteriser
from cointeract_curation.render.renderer import Shaded

Floats32 = NDArray[np.float32]

SAMPLES = 2
"""Samples along each side of a pixel, as `kernels.shade` takes them.

Finding edges and sampling those alone costs more than it saves: a body is mostly inside."""


class WarpRenderer:
    """A `MeshRenderer` on a device of Warp's."""

    def __init__(self, faces: NDArray[np.int32], vertices: int, size: tuple[int, int], device: str = "cpu") -> None:
        """For meshes of ``vertices`` points and triangles ``faces`` (F, 3), in pictures of ``size`` (width, height)."""
        self._fine = Rasteriser(faces, vertices, (size[0] * SAMPLES, size[1] * SAMPLES), device)
        # Imported by the rasteriser, which silences it.
        import warp as wp

        from cointeract_curation.render import kernels

        self._wp, self._kernels, self._device, self._size = wp, kernels, device, size
        self._surface = Surface(faces, vertices)
        pixels = size[0] * size[1]
        self._brightness = wp.empty(pixels, dtype=wp.float32, device=device)
        self._coverage = wp.empty(pixels, dtype=wp.float32, device=device)
        self._depth = wp.empty(pixels, dtype=wp.float32, device=device)

    def shade(self, vertices: Floats32, focal: float, centre: tuple[float, float]) -> Shaded:
        """The picture of vertices (V, 3); see `MeshRenderer.shade`."""
        fine, wp = self._fine, self._wp
        width, height = self._size
        lit = wp.array(light_vertices(self._surface.normals(vertices)), dtype=wp.float32, device=self._device)
        fine.project(vertices, focal * SAMPLES, (centre[0] * SAMPLES, centre[1] * SAMPLES))
        fine.sample()
        mesh = [fine.projected, fine.indices, lit, fine.nearest, width]
        fine.launch(self._kernels.shade, width * height, *mesh, self._brightness, self._coverage, self._depth)
        brightness, coverage, depth = (
            array.numpy().reshape(height, width).copy() for array in (self._brightness, self._coverage, self._depth)
        )
        return Shaded(brightness, coverage, depth)
