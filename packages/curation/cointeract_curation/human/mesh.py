"""The mesh of a fitted body, whichever model it belongs to."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.core.errors import UnusableInputError
from cointeract_curation.human.fit import BodyFit

Floats32 = NDArray[np.float32]


class BodyMesh(Protocol):
    """A mesh of V vertices and F triangles in each frame of a clip."""

    @property
    def faces(self) -> NDArray[np.int32]:
        """(F, 3)"""

    @property
    def parts(self) -> NDArray[np.uint8]:
        """(F,) a value of `human.parts.Part` for each triangle."""

    def vertices(self, start: int, end: int) -> Floats32:
        """(end - start, V, 3) in camera space, metres. NaN in frames without a body."""


class AnnyMesh:
    """The mesh of the Anny body model."""

    def __init__(self, fit: BodyFit) -> None:
        # Building the model takes a second; a clip without a body doesn't pay for it.
        from cointeract_curation.human.body import rest_body, skeleton
        from cointeract_curation.human.parts import triangle_parts

        self._fit = fit
        shape = {name: float(value) for name, value in zip(fit.shape_names, fit.shape, strict=True)}
        self._rest = rest_body(shape)
        self.faces = skeleton().faces
        self.parts = triangle_parts()

    def vertices(self, start: int, end: int) -> Floats32:
        """(end - start, 13718, 3) in camera space, metres. NaN in frames without a body."""
        from cointeract_curation.human.body import heads_of, skin

        rotations = self._fit.rotations[start:end]
        heads = heads_of(self._rest, rotations, self._fit.root[start:end])
        return skin(self._rest.vertices[None], self._rest, rotations, heads)


def body_mesh(fit: BodyFit) -> BodyMesh:
    """The mesh that a fit describes.

    Raises:
        UnusableInputError: the model isn't one that this version can pose, or its file is gone.
    """
    if fit.model == "anny":
        return AnnyMesh(fit)
    if fit.model == "smplx":
        from cointeract_curation.human.smplx import SmplxMesh

        return SmplxMesh(fit)
    raise UnusableInputError(f"no mesh for body model {fit.model!r}; this version poses 'anny' and 'smplx'")


def load_body_mesh(path: Path) -> tuple[BodyFit, BodyMesh]:
    """Read a `body.npz` and make its mesh."""
    fit = BodyFit.load(path)
    return fit, body_mesh(fit)
