"""Triangle meshes and the few operations on them that rendering needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
Ints = NDArray[np.int32]


@dataclass(frozen=True)
class TexturedMesh:
    """A mesh with texture coordinates at the corners of its triangles (origin at the picture's bottom left)."""

    vertices: Floats  # (V, 3) metres
    faces: Ints  # (F, 3)
    uv: Floats32  # (F, 3, 2)


class Surface:
    """Sums over the triangles and neighbours of one topology, for changing vertices."""

    def __init__(self, faces: Ints, vertices: int) -> None:
        from scipy.sparse import csr_matrix, diags

        self._corners = [np.ascontiguousarray(faces[:, corner]) for corner in range(3)]
        triangles = np.repeat(np.arange(len(faces)), 3)
        shape = (vertices, len(faces))
        self._sum = csr_matrix((np.ones(faces.size, np.float32), (faces.reshape(-1), triangles)), shape=shape)
        edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
        both = np.concatenate([edges, edges[:, ::-1]])
        near = csr_matrix((np.ones(len(both), np.float32), (both[:, 0], both[:, 1])), shape=(vertices, vertices))
        near.data[:] = 1
        self._mean = diags(1 / np.maximum(np.asarray(near.sum(axis=1)).ravel(), 1)).astype(np.float32) @ near

    def normals(self, vertices: Floats32) -> Floats32:
        """Unit normals (V, 3), weighted by the area of the triangles around each vertex."""
        a, b, c = (np.take(vertices, corner, axis=0) for corner in self._corners)
        normals = self._sum @ cross(b - a, c - a)
        length = np.sqrt(np.einsum("va,va->v", normals, normals))[:, None]
        return np.asarray(normals / np.maximum(length, 1e-12), dtype=np.float32)

    def neighbour_mean(self, values: NDArray[Any]) -> NDArray[Any]:
        """The mean of each vertex's neighbours, for values (V, C)."""
        return np.asarray(self._mean @ values)


def cross(a: Floats32, b: Floats32) -> Floats32:
    """Cross product of rows (N, 3), without `numpy.cross`'s overhead."""
    out = np.empty_like(a)
    out[:, 0] = a[:, 1] * b[:, 2] - a[:, 2] * b[:, 1]
    out[:, 1] = a[:, 2] * b[:, 0] - a[:, 0] * b[:, 2]
    out[:, 2] = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    return out


def unit(vectors: Floats) -> Floats:
    """Vectors along the last axis, scaled to length one."""
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))


def columns(*axes: Floats) -> Floats:
    """A matrix (..., 3, 3) from its columns (..., 3)."""
    return np.stack(np.broadcast_arrays(*axes), axis=-1)


def rotation(axis: Floats, angle: Floats | float) -> Floats:
    """Rotation matrices (..., 3, 3) about a unit axis (3,) by angles (...) in radians (Rodrigues)."""
    x, y, z = axis
    k = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    a = np.asarray(angle, dtype=np.float64)[..., None, None]
    return np.asarray(np.eye(3) + np.sin(a) * k + (1 - np.cos(a)) * (k @ k))


def euler_zyx(yaw: Floats | float, pitch: Floats | float, roll: Floats | float) -> Floats:
    """Rotations (..., 3, 3): roll about y (the viewing axis), then pitch about x, then yaw about z."""
    z, x, y = np.eye(3)[[2, 0, 1]]
    return np.asarray(rotation(z, yaw) @ rotation(x, pitch) @ rotation(y, roll))
