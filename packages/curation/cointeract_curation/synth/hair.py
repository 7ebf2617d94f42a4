"""Hair beyond the scalp: a bun, or a curtain of long hair around the back of the head."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.body import RestBody, skeleton
from cointeract_curation.human.geometry import TexturedMesh
from cointeract_curation.human.parts import TEXTURE_SIZE
from cointeract_curation.synth.look import Colour, HairStyle
from cointeract_curation.synth.paint import linear, smooth_noise

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

# Places on the average adult's head, in units of its own size (see `_head_frame`).
HALF_OPENING = np.deg2rad(104)  # how far the curtain reaches around the head from the middle of its back
CURTAIN_ROWS, CURTAIN_COLUMNS = 26, 40
CURTAIN_THICKNESS = 0.16
BUN_RADIUS = 0.44
BUN_PLACE = np.array([0.0, 0.78, 0.95])
BUN_STEPS = 20
HEAD_WEIGHT = 0.9  # skinning weight of the head from which a vertex belongs to the skull
SEAM = 0.5  # a triangle whose corners lie further apart in u spans the texture's seam


def _head_frame(rest: RestBody) -> tuple[Floats, Floats]:
    """Middle (3,) and half width, half depth, half height (3,) of the skull above the chin."""
    head = skeleton().weights[:, skeleton().bone("head")] > HEAD_WEIGHT
    skull = rest.vertices[head]
    low, high = skull.min(0), skull.max(0)
    return (low + high) / 2, (high - low) / 2


def _grid_faces(rows: int, columns: int, wrap: bool) -> NDArray[np.int32]:
    """Triangles of a grid of rows x columns vertices; with `wrap` the last column joins the first."""
    down, across = np.meshgrid(np.arange(rows - 1), np.arange(columns if wrap else columns - 1), indexing="ij")
    following = (across + 1) % columns
    a, b = down * columns + across, down * columns + following
    c, d = a + columns, b + columns
    return np.asarray(np.stack([a, c, b, b, c, d], axis=-1).reshape(-1, 3), dtype=np.int32)


def _curtain(centre: Floats, half: Floats) -> TexturedMesh:
    """A closed strip: around the back of the head and down to the shoulders, outside and inside."""
    height = np.linspace(0.78, -2.05, CURTAIN_ROWS)  # in half heights of the head
    turn = np.linspace(-1, 1, CURTAIN_COLUMNS)
    down, across = np.meshgrid(height, turn, indexing="ij")
    angle = across * HALF_OPENING * (1 - 0.16 * np.clip(-down, 0, 2) ** 1.2)
    cap = np.sqrt(np.clip(1 - np.clip(down, 0, 1) ** 2, 0.05, 1))
    wave = 0.02 * np.sin(angle * 17) * np.clip(0.6 - down, 0, 1)
    outer = (1.12 * cap + wave) * (1 - 0.05 * np.clip(-down, 0, None))
    inner = outer - CURTAIN_THICKNESS * (1 - np.abs(across) ** 6) * np.clip((0.9 - down) / 0.4, 0, 1) - 0.02

    def place(radius: Floats) -> Floats:
        x = radius * np.sin(angle) * 1.02 * half[0]
        y = radius * np.cos(angle) * 0.93 * half[1] + 0.16 * half[1] - 0.05 * half[1] * np.clip(-down, 0, None)
        return np.stack([centre[0] + x, centre[1] + y, centre[2] + down * half[2]], axis=-1)

    ring = np.concatenate([place(outer), place(inner)[:, ::-1]], axis=1)  # (rows, 2 columns, 3): once around
    columns = 2 * CURTAIN_COLUMNS
    faces = _grid_faces(CURTAIN_ROWS, columns, wrap=True)
    last = (CURTAIN_ROWS - 1) * columns
    pairs = np.arange(CURTAIN_COLUMNS - 1)
    bottom = [[last + p, last + columns - 1 - p, last + p + 1] for p in pairs]
    bottom += [[last + p + 1, last + columns - 1 - p, last + columns - 2 - p] for p in pairs]
    uv = np.stack(
        np.broadcast_arrays(np.arange(columns)[None] / columns, np.linspace(1, 0, CURTAIN_ROWS)[:, None]), axis=-1
    ).reshape(-1, 2)
    triangles = np.concatenate([faces, np.array(bottom, np.int32)])
    corner_uv = uv[triangles]
    seam = corner_uv[..., 0].max(axis=1) - corner_uv[..., 0].min(axis=1) > SEAM
    corner_uv[seam, :, 0] = 0.5
    return TexturedMesh(ring.reshape(-1, 3), triangles, corner_uv.astype(np.float32))


def ball(centre: Floats, radii: Floats, steps: int) -> TexturedMesh:
    """An ellipsoid of latitude and longitude."""
    latitude, longitude = np.meshgrid(
        np.linspace(np.pi / 2, -np.pi / 2, steps), np.linspace(0, 2 * np.pi, 2 * steps, endpoint=False), indexing="ij"
    )
    unit_ball = np.stack(
        [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)], axis=-1
    ).reshape(-1, 3)
    faces = _grid_faces(steps, 2 * steps, wrap=True)
    uv = np.stack([longitude / (2 * np.pi), (latitude / np.pi) + 0.5], axis=-1).reshape(-1, 2)
    return TexturedMesh(centre + unit_ball * radii, faces, uv[faces].astype(np.float32))


def hair_mesh(style: HairStyle, rest: RestBody) -> TexturedMesh:
    """The extra hair of a style around a person's head at rest; empty for short hair."""
    centre, half = _head_frame(rest)
    if style == "long":
        return _curtain(centre, half)
    if style == "bun":
        return ball(centre + BUN_PLACE * half, np.full(3, BUN_RADIUS * half[0]), BUN_STEPS)
    return TexturedMesh(np.zeros((0, 3)), np.zeros((0, 3), np.int32), np.zeros((0, 3, 2), np.float32))


def hair_texture(colour: Colour, rng: np.random.Generator) -> Floats32:
    """Streaks along the strands: (S, S, 3) in linear light, v along the hair."""
    across = rng.normal(0, 1, 256).astype(np.float32)
    streaks = np.interp(np.linspace(0, 255, TEXTURE_SIZE), np.arange(256), across)
    shade = (
        1 + 0.14 * np.clip(streaks, -1.5, 1.5)[None, :, None] + 0.05 * smooth_noise(rng, TEXTURE_SIZE, 60)[..., None]
    )
    return linear(np.clip(np.asarray(colour, np.float32) * shade, 0, 1).astype(np.float32))
