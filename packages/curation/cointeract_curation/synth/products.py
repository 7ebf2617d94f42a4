"""Products to hold: closed meshes with signed distances and printed textures.

A product's own frame: metres, z is its upright axis, the origin its middle, its printed front faces -y.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.geometry import TexturedMesh
from cointeract_curation.human.hands import Side
from cointeract_curation.synth import soft
from cointeract_curation.synth.plan import ProductKind
from cointeract_curation.synth.prints import print_texture
from cointeract_curation.synth.shapes import (
    box_distance,
    box_mesh,
    join_meshes,
    placed,
    printed,
    profile_distance,
    revolve,
    rod_distance,
    tube,
)

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
Size = tuple[float, float, float]
Distance = Callable[[Floats], Floats]

Grip = Literal["wrap", "palm", "both", "hook", "hooks"]
"""A fist or fingers around it; on the palm; between two hands; hanging from a fist; hanging from two fists."""

# Profiles (radius, height) from the axis at the bottom to the axis at the top, as shares of the product's size.
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
BRUSH = (
    (0, 0),
    (0.2, 0),
    (0.3, 0.03),
    (0.34, 0.3),
    (0.4, 0.58),
    (0.46, 0.6),
    (0.46, 0.72),
    (0.8, 0.82),
    (1, 0.9),
    (0.8, 0.97),
    (0, 1),
)
LIPSTICK = (
    (0, 0),
    (0.96, 0),
    (1, 0.02),
    (1, 0.54),
    (0.86, 0.55),
    (0.86, 0.62),
    (0.7, 0.63),
    (0.7, 0.9),
    (0.3, 1),
    (0, 1),
)
ROUND: dict[ProductKind, tuple[tuple[tuple[float, float], ...], float, float]] = {
    "bottle": (BOTTLE, 0.031, 0.21),
    "jar": (JAR, 0.034, 0.1),
    "bowl": (BOWL, 0.072, 0.066),
    "brush": (BRUSH, 0.02, 0.21),
    "lipstick": (LIPSTICK, 0.012, 0.085),
}
"""Outline, radius and height in metres."""
ANGULAR: dict[ProductKind, Size] = {
    "carton": (0.062, 0.042, 0.15),
    "box": (0.18, 0.075, 0.13),
    "phone": (0.072, 0.009, 0.15),
}
GRIP_HEIGHT: dict[ProductKind, float] = {
    "bottle": 0.22,
    "jar": 0.2,
    "carton": 0.24,
    "brush": 0.2,
    "lipstick": 0.6,
    "phone": 0.2,
}
"""How far the product's middle lies above the hand that closes around it, as a share of its height."""
GLOSS: dict[ProductKind, float] = {"carton": 0.05, "box": 0.05, "phone": 0.3, "bag": 0.12, "cloth": 0.0, "coat": 0.01}
ROUND_GLOSS = 0.25

BAG_SIZE = (0.25, 0.09, 0.2)  # metres, without the handle
BAG_HANDLE, BAG_HANDLE_RADIUS = (0.075, 0.115), 0.0075  # half width and height of its arch, metres
HANDLE_TILE = (0.7, 0.02, 0.98, 0.48)  # where the bag's picture shows the handle
CLOTH_APART, CLOTH_HEIGHT = 0.34, 0.42  # metres between the hands, and down
CLOTH_EDGE = 0.005  # radius in metres of what a hand feels of a gathered edge
COAT_HEIGHT = 0.78


@dataclass(frozen=True)
class Product:
    """One product. `size` is (width, depth, height) in metres; `grip` says how it is held."""

    kind: ProductKind
    grip: Grip
    size: Size
    mesh: TexturedMesh
    texture: Floats32  # (S, S, 3) linear light
    gloss: float
    solid: Distance
    is_round: bool = False
    exact: bool = True  # whether `distance` is that to the mesh; else it stands for the part that hands hold
    lift: float = 0.0  # metres that its middle lies above the hand that closes around it
    handles: dict[Side, Floats] | None = None  # where a hand holds what hangs from it
    soft: bool = False  # whether its shape changes with time

    def distance(self, points: Floats) -> Floats:
        """Signed distance in metres from points (..., 3) of the product's frame to its surface, negative inside."""
        return self.solid(points)


def _extent(mesh: TexturedMesh) -> Size:
    width, depth, height = (float(side) for side in np.ptp(mesh.vertices, axis=0))
    return width, depth, height


def _round(kind: ProductKind, scale: float, texture: Floats32) -> Product:
    outline, radius, height = ROUND[kind]
    profile = np.array(outline) * np.array([radius, height]) * scale
    profile[:, 1] -= profile[:, 1].max() / 2
    width, tall = 2 * float(profile[:, 0].max()), float(np.ptp(profile[:, 1]))
    return Product(
        kind,
        "palm" if kind == "bowl" else "wrap",
        (width, width, tall),
        revolve(profile),
        texture,
        ROUND_GLOSS,
        lambda points: profile_distance(profile, points),
        is_round=True,
        lift=GRIP_HEIGHT.get(kind, 0.0) * tall,
    )


def _angular(kind: ProductKind, scale: float, texture: Floats32) -> Product:
    width, depth, height = (side * scale for side in ANGULAR[kind])
    size = (width, depth, height)
    return Product(
        kind,
        "both" if kind == "box" else "wrap",
        size,
        box_mesh(size),
        texture,
        GLOSS[kind],
        lambda points: box_distance(points, size),
        lift=GRIP_HEIGHT.get(kind, 0.0) * height,
    )


def _bag(scale: float, texture: Floats32) -> Product:
    """A stiff bag with one arched handle."""
    width, depth, height = (side * scale for side in BAG_SIZE)
    half, rise = BAG_HANDLE
    top = (height - rise) / 2  # of the bag itself: the origin is the middle of bag and handle
    turn = np.linspace(np.pi, 0, 21)
    arch = np.stack([half * np.cos(turn), 0 * turn, top + rise * np.sin(turn) ** 0.7], axis=1)
    feet = np.array([[-half, 0, top - 0.02], [half, 0, top - 0.02]])
    path = np.concatenate([feet[:1], arch, feet[1:]])
    middle = (0.0, 0.0, top - height / 2)
    body = placed(box_mesh((width, depth, height)), middle)
    mesh = join_meshes(body, printed(tube(path, BAG_HANDLE_RADIUS), *HANDLE_TILE))
    handle = np.array([0.0, 0.0, top + rise])

    def distance(points: Floats) -> Floats:
        bag = box_distance(points - np.array(middle), (width, depth, height))
        return np.minimum(bag, rod_distance(points, path, BAG_HANDLE_RADIUS))

    return Product(
        "bag",
        "hook",
        _extent(mesh),
        mesh,
        texture,
        GLOSS["bag"],
        distance,
        exact=False,
        handles={"left": handle, "right": handle},
    )


def _cloth(scale: float, texture: Floats32) -> Product:
    """A sheet that hangs from both hands."""
    apart, height = CLOTH_APART * scale, CLOTH_HEIGHT * scale
    edge = np.array([[-apart / 2 - soft.OVERHANG, 0, 0], [apart / 2 + soft.OVERHANG, 0, 0]])
    mesh = soft.sheet(apart, height)
    return Product(
        "cloth",
        "hooks",
        _extent(mesh),
        mesh,
        texture,
        GLOSS["cloth"],
        lambda points: rod_distance(points, edge, CLOTH_EDGE),
        exact=False,
        handles={"left": np.array([apart / 2, 0, 0]), "right": np.array([-apart / 2, 0, 0])},
        soft=True,
    )


def _coat(scale: float, texture: Floats32) -> Product:
    """A coat on a hanger: far larger than the hand, which closes around the hanger's wire."""
    height = COAT_HEIGHT * scale
    path = soft.coat_stem(height)
    handle = np.array([0.0, 0.0, height / 2 + soft.STEM / 2])
    mesh = soft.coat(height)
    return Product(
        "coat",
        "wrap",
        _extent(mesh),
        mesh,
        texture,
        GLOSS["coat"],
        lambda points: rod_distance(points, path, soft.STEM_RADIUS),
        is_round=True,
        exact=False,
        handles={"left": handle, "right": handle},
    )


def make_product(kind: ProductKind, rng: np.random.Generator, number: int, dark: bool = False) -> Product:
    """A product of a kind, with size and print from a random generator; `number` gives neighbours different colours."""
    scale = float(rng.uniform(0.94, 1.06))
    texture = print_texture(kind, rng, number, dark)
    if kind in ROUND:
        return _round(kind, scale, texture)
    if kind in ANGULAR:
        return _angular(kind, scale, texture)
    makers: dict[ProductKind, Callable[[float, Floats32], Product]] = {"bag": _bag, "cloth": _cloth, "coat": _coat}
    return makers[kind](scale, texture)
