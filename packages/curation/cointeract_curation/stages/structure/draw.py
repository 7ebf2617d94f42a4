"""Drawing a clip's body frame by frame."""

from __future__ import annotations

from collections.abc import Iterator

from cointeract_curation.human.fit import BodyFit
from cointeract_curation.human.mesh import body_mesh
from cointeract_curation.render.choose import Backend, make_renderer
from cointeract_curation.render.renderer import Shaded

CHUNK = 16
"""Frames whose vertices are made at once: enough for one multiplication to serve them all, few enough for little memory."""


def draw_body(fit: BodyFit, backend: Backend, device: str) -> Iterator[Shaded | None]:
    """The body of each frame at the video's size, None where it wasn't fitted.

    Raises:
        ConfigurationError: the backend's package isn't installed.
        UnusableInputError: this version can't pose the fit's body model.
    """
    if not fit.fitted.any():
        yield from [None] * fit.frames
        return
    mesh = body_mesh(fit)
    renderer = None
    for start in range(0, fit.frames, CHUNK):
        end = min(start + CHUNK, fit.frames)
        chunk = mesh.vertices(start, end)
        if renderer is None:
            renderer = make_renderer(backend, device, mesh.faces, chunk.shape[1], fit.size)
        for vertices, fitted in zip(chunk, fit.fitted[start:end], strict=True):
            yield renderer.shade(vertices, fit.focal, fit.centre) if fitted else None
