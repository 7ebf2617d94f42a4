"""Products to hold: boxes and solids of revolution, closed meshes with exact signed distances and printed textures.

A product's own frame: metres, z is its upright axis, the origin its middle, its printed front faces -y.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.geometry import TexturedMesh
from cointeract_curation.human.parts import TEXTURE_SIZE
from cointeract_curation.synth.paint import linear

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
ProductKind = Literal["bottle", "jar", "carton", "box", "bowl"]
Grip = Literal["wrap", "palm", "both"]

SEGMENTS = 48  # around a solid of revolution

# Profiles (radius, height) in metres from the axis at the bottom to the axis at the top, as shares of the product's size.
BOTTLE = (
    (0, 0),
    (0.94, 0),
    (1, 0.02),
    (1, 0.62),
    (0.92, 0.69),
    (0.55, 0.78),
    (0.4, 0.82),
    (0.4, 0.86),
    (0.48, 0.865),
    (0.48, 0.985),
    (0.45, 1),
    (0, 1),
)
JAR = ((0, 0), (0.92, 0), (1, 0.05), (1, 0.68), (0.95, 0.74), (0.98, 0.75), (0.98, 0.97), (0.94, 1), (0, 1))
BOWL = (
    (0, 0),
    (0.42, 0),
    (0.45, 0.08),
    (0.7, 0.28),
    (0.9, 0.62),
    (1, 0.98),
    (0.98, 1),
    (0.93, 0.98),
    (0.82, 0.62),
    (0.62, 0.32),
    (0.3, 0.2),
    (0, 0.18),
)


@dataclass(frozen=True)
class Product:
    """One product. `size` is (width, depth, height) in metres; `grip` says how it is held."""

    kind: ProductKind
    grip: Grip
    size: tuple[float, float, float]
    mesh: TexturedMesh
    texture: Floats32  # (S, S, 3) linear light
    gloss: float
    profile: Floats | None  # (P, 2) radius and height of a solid of revolution, metres; None for a box

    def distance(self, points: Floats) -> Floats:
        """Signed distance in metres from points (..., 3) of the product's frame to its surface, negative inside."""
        if self.profile is None:
            outside = np.abs(points) - np.array(self.size) / 2
            return np.asarray(np.linalg.norm(np.maximum(outside, 0), axis=-1) + np.minimum(outside.max(axis=-1), 0))
        return _profile_distance(self.profile, np.hypot(points[..., 0], points[..., 1]), points[..., 2])


def _profile_distance(profile: Floats, radius: Floats, height: Floats) -> Floats:
    """Signed distance in the half plane to the outline; its two ends lie on the axis, so the axis closes it."""
    place = np.stack([radius, height], axis=-1)[..., None, :]
    start, end = profile[:-1], profile[1:]
    along = end - start
    share = np.clip(((place - start) * along).sum(-1) / np.maximum((along**2).sum(-1), 1e-12), 0, 1)
    nearest = np.linalg.norm(place - start - share[..., None] * along, axis=-1).min(axis=-1)
    crosses = (start[:, 1] > height[..., None]) != (end[:, 1] > height[..., None])
    with np.errstate(divide="ignore", invalid="ignore"):
        at = start[:, 0] + (height[..., None] - start[:, 1]) / (end[:, 1] - start[:, 1]) * along[:, 0]
    inside = (crosses & (radius[..., None] < at)).sum(axis=-1) % 2 == 1
    return np.where(inside, -nearest, nearest)


def _revolve(profile: Floats) -> TexturedMesh:
    """The closed surface of an outline; u goes once around with the front (-y) in the middle, v along the outline."""
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


def _box(size: tuple[float, float, float]) -> TexturedMesh:
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


def _draw_label(
    picture: NDArray[np.uint8], left: int, top: int, right: int, bottom: int, ink: NDArray[Any], number: int
) -> None:
    """Print a made-up label: a band, a disc or triangle, and bars that look like lines of text."""
    import cv2

    colour = tuple(float(value) for value in ink)
    width, height = right - left, bottom - top
    cv2.rectangle(picture, (left, top), (right, bottom), (244, 242, 236), -1)
    cv2.rectangle(picture, (left, top), (right, top + height // 6), colour, -1)
    middle = (left + width // 2, top + int(height * 0.42))
    if number % 2:
        cv2.circle(picture, middle, int(min(width, height) * 0.19), colour, -1, cv2.LINE_AA)
        cv2.circle(picture, middle, int(min(width, height) * 0.1), (244, 242, 236), -1, cv2.LINE_AA)
    else:
        reach = int(min(width, height) * 0.2)
        corners = np.array(
            [
                [middle[0], middle[1] - reach],
                [middle[0] + reach, middle[1] + reach],
                [middle[0] - reach, middle[1] + reach],
            ]
        )
        cv2.fillPoly(picture, [corners], colour, cv2.LINE_AA)
    for line, share in enumerate((0.7, 0.5, 0.6)):
        y = top + int(height * (0.7 + 0.09 * line))
        half = int(width * share / 2)
        cv2.line(picture, (middle[0] - half, y), (middle[0] + half, y), (70, 70, 70), max(2, height // 40), cv2.LINE_AA)


def _print_texture(kind: ProductKind, rng: np.random.Generator, number: int) -> Floats32:
    hue = (0.03 + 0.31 * number + rng.uniform(-0.05, 0.05)) % 1.0
    base = 255 * np.array(colorsys.hsv_to_rgb(hue, rng.uniform(0.6, 0.85), rng.uniform(0.65, 0.9)))
    ink = 255 * np.array(colorsys.hsv_to_rgb((hue + 0.45) % 1, 0.75, 0.6))
    size = TEXTURE_SIZE
    picture = np.broadcast_to(base, (size, size, 3)).astype(np.uint8).copy()
    rows = np.arange(size)
    if kind == "bowl":
        picture[(rows // (size // 16)) % 2 == 0] = (238, 233, 224)
    elif kind in ("bottle", "jar"):
        cap = int(size * (0.3 if kind == "bottle" else 0.42))
        picture[: cap * 2 // 3] = (235, 235, 232)
        top, bottom = (0.42, 0.72) if kind == "bottle" else (0.44, 0.7)
        for centre in (0.0, 0.5, 1.0):
            left, right = int(size * (centre - 0.22)), int(size * (centre + 0.22))
            _draw_label(picture, left, int(size * top), right, int(size * bottom), ink, number)
        picture[int(size * 0.76) : int(size * 0.78)] = ink.astype(np.uint8)
    else:
        tile_width, tile_height = size // 3, size // 2
        stripes = (rows // (size // 24)) % 2 == 0
        picture[:tile_height][stripes[:tile_height], tile_width : 2 * tile_width] = (base * 0.75).astype(np.uint8)
        for column in (0, 2):
            left = column * tile_width
            margin = tile_width // 8
            _draw_label(
                picture, left + margin, tile_height // 8, left + tile_width - margin, tile_height * 7 // 8, ink, number
            )
    return linear(picture.astype(np.float32) / 255)


def make_product(kind: ProductKind, rng: np.random.Generator, number: int) -> Product:
    """A product of a kind, with size and print from a random generator; `number` gives neighbours different colours."""
    scale = rng.uniform(0.94, 1.06)
    if kind in ("carton", "box"):
        size = np.array((0.062, 0.042, 0.15) if kind == "carton" else (0.18, 0.075, 0.13)) * scale
        extent = (float(size[0]), float(size[1]), float(size[2]))
        grip: Grip = "wrap" if kind == "carton" else "both"
        return Product(kind, grip, extent, _box(extent), _print_texture(kind, rng, number), 0.05, None)
    outline, radius, height = {
        "bottle": (BOTTLE, 0.031, 0.21),
        "jar": (JAR, 0.034, 0.1),
        "bowl": (BOWL, 0.072, 0.066),
    }[kind]
    profile = np.array(outline) * np.array([radius, height]) * scale
    profile[:, 1] -= profile[:, 1].max() / 2
    extent = (2 * float(profile[:, 0].max()), 2 * float(profile[:, 0].max()), float(np.ptp(profile[:, 1])))
    grip = "palm" if kind == "bowl" else "wrap"
    texture = _print_texture(kind, rng, number)
    return Product(kind, grip, extent, _revolve(profile), texture, 0.25, profile)
