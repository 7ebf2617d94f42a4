"""Closed surfaces with texture coordinates, and signed distances: what products and props are made of.

A thing's own frame: metres, z is its upright axis, its printed front faces -y.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.geometry import TexturedMesh

Floats = NDArray[np.float64]

SEGMENTS = 48  # around a solid of revolution
TUBE_SEGMENTS = 12


def join_meshes(*meshes: TexturedMesh) -> TexturedMesh:
    """Several surfaces as one mesh."""
    starts = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes[:-1])])
    return TexturedMesh(
        np.concatenate([mesh.vertices for mesh in meshes]),
        np.concatenate([mesh.faces + start for mesh, start in zip(meshes, starts, strict=True)]).astype(np.int32),
        np.concatenate([mesh.uv for mesh in meshes]),
    )


def placed(mesh: TexturedMesh, offset: tuple[float, float, float]) -> TexturedMesh:
    """The mesh moved by an offset in metres."""
    return TexturedMesh(mesh.vertices + np.array(offset), mesh.faces, mesh.uv)


def printed(mesh: TexturedMesh, left: float, bottom: float, right: float, top: float) -> TexturedMesh:
    """The mesh with its texture coordinates squeezed into a part of the picture."""
    low, size = np.array([left, bottom], np.float32), np.array([right - left, top - bottom], np.float32)
    return TexturedMesh(mesh.vertices, mesh.faces, (low + mesh.uv * size).astype(np.float32))


def revolve(profile: Floats) -> TexturedMesh:
    """The closed surface of an outline (P, 2) of radius and height from the axis at the bottom to the axis at the top.

    u goes once around with the front (-y) in the middle, v along the outline.
    """
    turn = np.linspace(0, 2 * np.pi, SEGMENTS + 1)
    lengths = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(profile, axis=0), axis=1))])
    rings = profile[1:-1]
    radius, height = rings[:, None, 0], rings[:, None, 1]
    around = np.broadcast_arrays(-radius * np.sin(turn[:-1]), radius * np.cos(turn[:-1]), height)
    vertices = np.stack(around, axis=-1).reshape(-1, 3)
    poles = np.array([[0, 0, profile[0, 1]], [0, 0, profile[-1, 1]]])
    bottom, top = len(rings) * SEGMENTS, len(rings) * SEGMENTS + 1
    v = lengths / lengths[-1]
    faces, uv = [], []
    for segment in range(SEGMENTS):
        after = (segment + 1) % SEGMENTS
        u0, u1 = segment / SEGMENTS, (segment + 1) / SEGMENTS
        faces.append((bottom, after, segment))
        uv.append(((u0, v[0]), (u1, v[1]), (u0, v[1])))
        for ring in range(len(rings) - 1):
            a, b = ring * SEGMENTS + segment, ring * SEGMENTS + after
            c, d = a + SEGMENTS, b + SEGMENTS
            low, high = v[ring + 1], v[ring + 2]
            faces += [(a, b, d), (a, d, c)]
            uv += [((u0, low), (u1, low), (u1, high)), ((u0, low), (u1, high), (u0, high))]
        last = (len(rings) - 1) * SEGMENTS
        faces.append((top, last + segment, last + after))
        uv.append(((u0, v[-1]), (u0, v[-2]), (u1, v[-2])))
    return TexturedMesh(
        np.concatenate([vertices, poles]), np.array(faces, np.int32), np.array(uv, np.float32)
    )  # fmt: skip


def box_mesh(size: tuple[float, float, float]) -> TexturedMesh:
    """Six faces with their own corners (sharp edges); the texture's tiles are front, right, back, left, top, bottom."""
    x, y, z = np.array(size) / 2
    sides = (
        ((-x, -y, -z), (x, -y, -z), (x, -y, z), (-x, -y, z)),
        ((x, -y, -z), (x, y, -z), (x, y, z), (x, -y, z)),
        ((x, y, -z), (-x, y, -z), (-x, y, z), (x, y, z)),
        ((-x, y, -z), (-x, -y, -z), (-x, -y, z), (-x, y, z)),
        ((-x, -y, z), (x, -y, z), (x, y, z), (-x, y, z)),
        ((-x, y, -z), (x, y, -z), (x, -y, -z), (-x, -y, -z)),
    )
    vertices: list[tuple[float, float, float]] = []
    faces: list[list[int]] = []
    uv: list[list[tuple[float, float]]] = []
    for side, corners in enumerate(sides):
        base = len(vertices)
        vertices += list(corners)
        column, row = side % 3, side // 3
        tile = [
            ((column + a) / 3, 1 - (row + 1 - b) / 2)
            for a, b in ((0.01, 0.01), (0.99, 0.01), (0.99, 0.99), (0.01, 0.99))
        ]
        for triangle in ((0, 1, 2), (0, 2, 3)):
            faces.append([base + corner for corner in triangle])
            uv.append([tile[corner] for corner in triangle])
    return TexturedMesh(np.array(vertices, np.float64), np.array(faces, np.int32), np.array(uv, np.float32))


def loft(rings: Floats) -> TexturedMesh:
    """The closed surface through rings (R, C, 3) that run counterclockwise seen along the way; its ends are fans.

    u goes around a ring, v along the way.
    """
    count, columns = rings.shape[:2]
    ends = np.stack([rings[0].mean(axis=0), rings[-1].mean(axis=0)])
    first, last = count * columns, count * columns + 1
    faces, uv = [], []
    for column in range(columns):
        after = (column + 1) % columns
        u0, u1 = column / columns, (column + 1) / columns
        faces.append((first, after, column))
        uv.append(((u0, 0.0), (u1, 0.0), (u0, 0.0)))
        for ring in range(count - 1):
            a, b = ring * columns + column, ring * columns + after
            low, high = ring / (count - 1), (ring + 1) / (count - 1)
            faces += [(a, b, b + columns), (a, b + columns, a + columns)]
            uv += [((u0, low), (u1, low), (u1, high)), ((u0, low), (u1, high), (u0, high))]
        top = (count - 1) * columns
        faces.append((last, top + column, top + after))
        uv.append(((u0, 1.0), (u0, 1.0), (u1, 1.0)))
    return TexturedMesh(
        np.concatenate([rings.reshape(-1, 3), ends]), np.array(faces, np.int32), np.array(uv, np.float32)
    )


def tube(path: Floats, radius: float) -> TexturedMesh:
    """A closed tube around a plane path (K, 3) in the xz plane."""
    along = np.gradient(path, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    across = np.array([0.0, 1.0, 0.0])
    outward = np.cross(along, across)
    turn = np.linspace(0, 2 * np.pi, TUBE_SEGMENTS, endpoint=False)
    ring = np.cos(turn)[None, :, None] * outward[:, None] + np.sin(turn)[None, :, None] * across
    # outward, across and along have to turn like x, y and z for the surface to look outwards
    handed = np.sign(np.einsum("ka,ka->k", np.cross(outward, np.broadcast_to(across, outward.shape)), along)[0])
    return loft(path[:, None] + radius * (ring if handed > 0 else ring[:, ::-1]))


def box_distance(points: Floats, size: tuple[float, float, float]) -> Floats:
    """Signed distance (...) of points (..., 3) to a box around the origin, negative inside."""
    outside = np.abs(points) - np.array(size) / 2
    return np.asarray(np.linalg.norm(np.maximum(outside, 0), axis=-1) + np.minimum(outside.max(axis=-1), 0))


def profile_distance(profile: Floats, points: Floats) -> Floats:
    """Signed distance (...) of points (..., 3) to a solid of revolution; the profile's two ends lie on the axis."""
    place = np.stack([np.hypot(points[..., 0], points[..., 1]), points[..., 2]], axis=-1)[..., None, :]
    start, end = profile[:-1], profile[1:]
    along = end - start
    share = np.clip(((place - start) * along).sum(-1) / np.maximum((along**2).sum(-1), 1e-12), 0, 1)
    nearest = np.linalg.norm(place - start - share[..., None] * along, axis=-1).min(axis=-1)
    height = place[..., 1]
    crosses = (start[:, 1] > height) != (end[:, 1] > height)
    with np.errstate(divide="ignore", invalid="ignore"):
        at = start[:, 0] + (height - start[:, 1]) / (end[:, 1] - start[:, 1]) * along[:, 0]
    inside = (crosses & (place[..., 0] < at)).sum(axis=-1) % 2 == 1
    return np.where(inside, -nearest, nearest)


def rod_distance(points: Floats, path: Floats, radius: float) -> Floats:
    """Signed distance (...) of points (..., 3) to a round rod along a path (K, 3)."""
    start, along = path[:-1], np.diff(path, axis=0)
    off = points[..., None, :] - start
    share = np.clip((off * along).sum(-1) / (along**2).sum(-1), 0, 1)
    return np.asarray(np.linalg.norm(off - share[..., None] * along, axis=-1).min(axis=-1) - radius)
