"""Where a frame shows the person's body, as if nothing stood before it, and where the same skin or cloth lies in another frame."""

from __future__ import annotations

import functools
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.fit import BodyFit

if TYPE_CHECKING:
    from cointeract_curation.human.mesh import BodyMesh
    from cointeract_curation.render.rasteriser import Rasteriser

Floats32 = NDArray[np.float32]
Mask = NDArray[np.bool_]

CLOTHES = 0.008
"""How far clothes stand off the mesh, as a share of the picture's longer side."""
SAME_SURFACE = 0.06
"""Metres between two depths up to which they are the same part of the body, rather than an arm before the chest."""
SMOOTHING = 2.0
"""Standard deviation, in pixels, of the blur over the mesh's motion, which is constant on each triangle."""
KEPT = 32
"""Frames that are held in memory."""


@dataclass(frozen=True)
class _Drawn:
    """The mesh in one frame."""

    triangles: NDArray[np.int32] = field(repr=False)
    """(H, W), -1 off the mesh."""
    depth: Floats32 = field(repr=False)
    """(H, W) metres."""
    places: Floats32 = field(repr=False)
    """(F, 2) pixels of the triangles' middles."""
    depths: Floats32 = field(repr=False)
    """(F,) metres of the triangles' middles."""


class BodyLayer:
    """The mesh of a clip's fitted body, drawn where it is asked for. A clip without a body has an empty one."""

    def __init__(self, fit: BodyFit) -> None:
        self._fit = fit
        self._drawn: OrderedDict[int, _Drawn] = OrderedDict()

    def covers(self, frame: int) -> Mask:
        """(H, W) pixels of the body with its clothes, hidden ones as well."""
        import cv2

        width, height = self._fit.size
        if not self._fit.fitted[frame]:
            return np.zeros((height, width), bool)
        reach = 2 * max(1, round(CLOTHES * max(width, height))) + 1
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
        return np.asarray(cv2.dilate((self._draw(frame).triangles >= 0).astype(np.uint8), kernel), bool)

    def motion(self, frame: int, other: int) -> tuple[Floats32, Mask]:
        """How far each pixel's skin moves from ``frame`` to ``other``, and which pixels show skin that ``other`` shows, too.

        Returns:
            (H, W, 2) pixels x, y, 0 off the mesh; and (H, W).
        """
        import cv2

        width, height = self._fit.size
        if not (self._fit.fitted[frame] and self._fit.fitted[other]):
            return np.zeros((height, width, 2), np.float32), np.zeros((height, width), bool)
        here, there = self._draw(frame), self._draw(other)
        on = here.triangles >= 0
        shown = here.triangles[on]
        motion = np.zeros((height, width, 2), np.float32)
        motion[on] = (there.places - here.places)[shown]
        weight = np.maximum(cv2.GaussianBlur(on.astype(np.float32), (0, 0), SMOOTHING), 1e-3)
        motion = np.where(on[..., None], cv2.GaussianBlur(motion, (0, 0), SMOOTHING) / weight[..., None], 0)
        columns, rows = np.floor(there.places[shown]).astype(int).T
        inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
        nearest = np.full(len(shown), np.inf, np.float32)
        nearest[inside] = there.depth[rows[inside], columns[inside]]
        seen = np.zeros((height, width), bool)
        # Off the other frame's mesh the nearest is infinitely far: such skin lies at the outline and is seen.
        seen[on] = inside & (nearest > there.depths[shown] - SAME_SURFACE)
        return motion.astype(np.float32), seen

    def _draw(self, frame: int) -> _Drawn:
        if frame in self._drawn:
            self._drawn.move_to_end(frame)
            return self._drawn[frame]
        vertices = self._mesh.vertices(frame, frame + 1)[0]
        raster = self._rasteriser.render(vertices, self._fit.focal, self._fit.centre)
        middles = vertices[self._mesh.faces].mean(axis=1)
        depths = np.maximum(middles[:, 2], np.float32(1e-3))
        places = middles[:, :2] / depths[:, None] * np.float32(self._fit.focal) + np.array(self._fit.centre, np.float32)
        self._drawn[frame] = _Drawn(raster.triangles, raster.depth, places, depths)
        if len(self._drawn) > KEPT:
            self._drawn.popitem(last=False)
        return self._drawn[frame]

    @functools.cached_property
    def _mesh(self) -> BodyMesh:
        from cointeract_curation.human.mesh import body_mesh

        return body_mesh(self._fit)

    @functools.cached_property
    def _rasteriser(self) -> Rasteriser:
        from cointeract_curation.render.rasteriser import Rasteriser

        return Rasteriser(self._mesh.faces, int(self._mesh.faces.max()) + 1, self._fit.size)
