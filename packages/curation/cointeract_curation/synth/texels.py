"""Where each texel of the body's picture lies on the body: what painting works from."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.body import skeleton
from cointeract_curation.human.parts import TEXTURE_SIZE, data_directory, face_parts, read_mask

Floats32 = NDArray[np.float32]

MASKS = ("lips", "eyelids", "fingernails", "ears", "face")


@dataclass(frozen=True)
class TexelMap:
    """For each texel of an S x S picture."""

    covered: NDArray[np.bool_]  # (S, S) whether a triangle lies here
    position: Floats32  # (S, S, 3) its place on the average adult at rest, metres
    part: NDArray[np.int8]  # (S, S) index into PARTS
    masks: dict[str, Floats32]  # (S, S) 0 to 1, by name


@functools.lru_cache(maxsize=1)
def texel_map() -> TexelMap:
    """The map at TEXTURE_SIZE, made once for a process by looking up the nearest triangle of the unfolded mesh."""
    import warp as wp

    from cointeract_curation.synth.kernels import cast_texels

    body = skeleton()
    corners = np.concatenate([body.uv.reshape(-1, 2), np.zeros((body.uv.size // 2, 1), np.float32)], axis=1)
    mesh = wp.Mesh(
        points=wp.array(corners, dtype=wp.vec3, device="cpu"),
        indices=wp.array(np.arange(len(corners), dtype=np.int32), dtype=wp.int32, device="cpu"),
    )
    texels = TEXTURE_SIZE * TEXTURE_SIZE
    faces = wp.empty(texels, dtype=wp.int32, device="cpu")
    weights = wp.zeros(texels, dtype=wp.vec3, device="cpu")
    wp.launch(cast_texels, dim=texels, inputs=[mesh.id, TEXTURE_SIZE, faces, weights], device="cpu")
    face = faces.numpy().reshape(TEXTURE_SIZE, TEXTURE_SIZE)
    corner = body.template[body.faces[face]]  # (S, S, 3 corners, 3)
    position = np.einsum("yxc,yxca->yxa", weights.numpy().reshape(TEXTURE_SIZE, TEXTURE_SIZE, 3), corner)
    textures = data_directory() / "mpfb2" / "textures"
    return TexelMap(
        covered=face >= 0,
        position=position.astype(np.float32),
        part=face_parts()[face],
        masks={
            name: read_mask(textures / f"mpfb_{name}.jpg").astype(np.float32) / np.iinfo(np.uint8).max for name in MASKS
        },
    )
