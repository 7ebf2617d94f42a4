"""What the fitted body says about each pixel of the view."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.fit import BodyFit
from cointeract_curation.human.mesh import BodyMesh

AT_ONCE = 9
"""Frames whose vertices are posed at once: enough to be quick, few enough to stay small in memory."""


def body_parts(
    fit: BodyFit, mesh: BodyMesh | None, scale: tuple[float, float], shape: tuple[int, int]
) -> NDArray[np.uint8]:
    """(T, h, w) the value of `human.parts.Part` that each pixel of the view shows, 0 where there is no body."""
    parts = np.zeros((fit.frames, *shape), np.uint8)
    if mesh is None or not fit.fitted.any():
        return parts
    from cointeract_curation.render.rasteriser import Rasteriser

    rasteriser: Rasteriser | None = None
    labels = np.append(mesh.parts, 0).astype(np.uint8)  # triangle -1 is none
    focal = fit.focal * scale[0]
    centre = (fit.centre[0] * scale[0], fit.centre[1] * scale[1])
    for start in range(0, fit.frames, AT_ONCE):
        posed = mesh.vertices(start, min(start + AT_ONCE, fit.frames))
        for number, vertices in enumerate(posed):
            if fit.fitted[start + number]:
                rasteriser = rasteriser or Rasteriser(mesh.faces, len(vertices), (shape[1], shape[0]))
                parts[start + number] = labels[rasteriser.render(vertices, focal, centre).triangles]
    return parts
