"""Backgrounds, light and camera of a shot, drawn from a seed."""

from __future__ import annotations

import colorsys

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.camera import Pinhole, look_at
from cointeract_curation.synth.motion import smooth_step, wander, wander3
from cointeract_curation.synth.paint import linear, smooth_noise
from cointeract_curation.synth.plan import CameraMove, Light, Wall
from cointeract_curation.synth.render import Backdrop, Lighting

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

WALL_PIXELS = 1024
WALL_METRES = 3.4
WALLS: tuple[Wall, ...] = ("shelves", "studio", "planks", "curtain")
"""Those that are drawn where a plan names none."""
FIELD_OF_VIEW = np.deg2rad(34.0)  # of the longer side
ABOVE_HEAD, BELOW_HIP = 0.1, 0.02  # of the figure's height above the hip, that the picture shows beyond it
SHOWN_WIDTH = 0.74  # narrowest width shown, in the same unit: the arms need room
MOODS: dict[Light, tuple[float, float, float]] = {
    "soft": (1.0, 1.0, 0.0),
    "hard": (1.5, 0.45, 0.0),
    "dim": (0.5, 0.55, 0.0),
    "warm": (0.95, 0.85, 0.05),
}
"""Level of the key light, of sky, fill and ground, and the sky's shift to red."""
HARD_SIDE, WARMER = 1.3, 0.1
PAN_METRES = 0.1  # how far to each side a pan moves
PUSH_SHARE = 0.3  # how much nearer a push brings the camera
SHAKE = (0.022, 0.0, 0.018)  # metres at the figure
SHAKE_HZ = 4.0
PLANK_GAP = 0.04  # share of a plank that its joint takes
WIDEST_THING = 60  # pixels, of what stands on a shelf
BRICK_COURSES, BRICK_JOINT = 34, 0.09  # courses on a wall, joint as a share of a course
SHELF_FILLED = 0.75  # share of a shelf's places that are taken
TABLE_CAMERA = np.array([0.0, -0.75, 0.3])
TABLE_FIELD = 0.32  # metres shown across the shorter side


def make_wall(number: int, rng: np.random.Generator, kind: Wall | None = None) -> Floats32:
    """A wall's picture (S, S, 3) in linear light; neighbouring numbers give different walls where no kind is asked for."""
    import cv2

    kind = kind or WALLS[number % len(WALLS)]
    hue = (0.57 + 0.29 * number + rng.uniform(-0.06, 0.06)) % 1.0
    base = np.array(colorsys.hsv_to_rgb(hue, rng.uniform(0.12, 0.35), rng.uniform(0.55, 0.78)), np.float32)
    size = WALL_PIXELS
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float32) / size
    wall = np.broadcast_to(base, (size, size, 3)).copy()
    if kind == "shelves":
        _shelves(wall, base, rng)
    elif kind == "studio":
        off = np.hypot(columns - 0.5, rows - 0.42)
        wall *= (1.15 - 0.9 * off)[..., None]
        cv2.circle(
            wall, (size // 2, int(size * 0.4)), int(size * 0.24), (base * 1.18).tolist(), int(size * 0.012), cv2.LINE_AA
        )
    elif kind == "planks":
        plank = (columns * 14).astype(int)
        wall *= (0.9 + 0.16 * rng.random(15)[plank])[..., None]
        wall[(columns * 14) % 1 < PLANK_GAP] *= 0.72
    elif kind == "bricks":
        _bricks(wall, rows, columns, rng)
    elif kind == "rack":
        _rack(wall, rng)
    elif kind == "night":
        _night(wall, rng)
    else:
        fold = np.sin(columns * 2 * np.pi * 13 + 0.8 * np.sin(rows * 5 + columns * 9))
        wall *= (0.9 + 0.13 * fold)[..., None]
    wall *= (1 - 0.18 * rows)[..., None] * (1 + 0.03 * smooth_noise(rng, size, 6))[..., None]
    return linear(cv2.GaussianBlur(np.clip(wall, 0, 1), (0, 0), 2.2))


def _shelves(wall: Floats32, base: Floats32, rng: np.random.Generator) -> None:
    import cv2

    size = len(wall)
    spacing = size // 6
    for top in range(spacing // 2, size, spacing):
        at = int(rng.integers(0, 30))
        while at < size - WIDEST_THING:
            width, height = int(rng.integers(22, 64)), int(rng.integers(spacing // 3, spacing * 3 // 4))
            colour = colorsys.hsv_to_rgb(rng.random(), rng.uniform(0.25, 0.6), rng.uniform(0.45, 0.85))
            if rng.random() < SHELF_FILLED:
                cv2.rectangle(wall, (at, top + spacing - height), (at + width, top + spacing), colour, -1)
            at += width + int(rng.integers(6, 30))
        cv2.rectangle(wall, (0, top + spacing - 4), (size, top + spacing + 8), (base * 0.55).tolist(), -1)


def _bricks(wall: Floats32, rows: Floats32, columns: Floats32, rng: np.random.Generator) -> None:
    course = (rows * BRICK_COURSES).astype(int)
    along = columns * BRICK_COURSES / 2.6 + 0.5 * (course % 2)
    shade = rng.uniform(0.75, 1.1, (BRICK_COURSES + 1, BRICK_COURSES + 1)).astype(np.float32)
    wall *= np.array([1.1, 0.78, 0.68], np.float32) * shade[course, along.astype(int)][..., None]
    joint = ((rows * BRICK_COURSES) % 1 < BRICK_JOINT) | (along % 1 < BRICK_JOINT / 2.6)
    wall[joint] = 0.62


def _rack(wall: Floats32, rng: np.random.Generator) -> None:
    """Two rows of clothes on a rail: much colour behind the person."""
    import cv2

    size = len(wall)
    for top in (int(size * 0.12), int(size * 0.56)):
        at = 0
        while at < size:
            width = int(rng.integers(size // 40, size // 16))
            length = int(size * rng.uniform(0.26, 0.36))
            colour = colorsys.hsv_to_rgb(rng.random(), rng.uniform(0.2, 0.8), rng.uniform(0.25, 0.9))
            cv2.rectangle(wall, (at, top), (at + width, top + length), colour, -1)
            cv2.line(wall, (at, top), (at, top + length), [0.6 * c for c in colour], 3)
            at += width
        cv2.rectangle(wall, (0, top - 8), (size, top), (0.3, 0.3, 0.32), -1)


def _night(wall: Floats32, rng: np.random.Generator) -> None:
    """A dark room with lights out of focus."""
    import cv2

    size = len(wall)
    wall *= 0.16
    for _ in range(45):
        place = (int(rng.integers(size)), int(rng.integers(size)))
        colour = colorsys.hsv_to_rgb(rng.uniform(0.02, 0.15), rng.uniform(0.3, 0.8), rng.uniform(0.4, 0.95))
        cv2.circle(wall, place, int(rng.integers(6, 24)), colour, -1, cv2.LINE_AA)


def make_table(rng: np.random.Generator) -> Floats32:
    """A wooden table top (S, S, 3) in linear light."""
    size = WALL_PIXELS // 2
    rows = np.mgrid[0:size, 0:size][0].astype(np.float32) / size
    grain = np.sin(rows * 90 + 5 * smooth_noise(rng, size, 5)) * 0.5 + 0.5
    wood = np.array(colorsys.hsv_to_rgb(0.075, rng.uniform(0.35, 0.55), rng.uniform(0.5, 0.7)), np.float32)
    return linear(wood * (0.86 + 0.14 * grain)[..., None] * (1 + 0.05 * smooth_noise(rng, size, 40))[..., None])


def make_backdrop(
    number: int, rng: np.random.Generator, wall_height: float, table_height: float | None, wall: Wall | None = None
) -> Backdrop:
    """The surroundings of one shot; `wall_height` is the z that the middle of the wall's picture takes."""
    return Backdrop(
        wall=make_wall(number, rng, wall),
        table=make_table(rng),
        wall_distance=1.0,
        wall_size=(WALL_METRES, WALL_METRES),
        wall_centre=(0.0, wall_height),
        table_height=table_height,
    )


def make_lighting(rng: np.random.Generator, light: Light = "soft") -> Lighting:
    """A soft key light from the upper left or right of the camera, warm or cool; or a mood of its own."""
    side = float(rng.choice([-1.0, 1.0]))
    warmth = float(rng.uniform(-0.04, 0.05))
    level = float(rng.uniform(0.92, 1.06))
    plain = Lighting()
    red, green, blue = plain.key_colour
    key = (side * float(rng.uniform(0.3, 0.6)), -0.8, float(rng.uniform(0.45, 0.75)))
    key_level, sky_level, tint = MOODS[light]
    if light == "hard":
        key = (side * HARD_SIDE, key[1], key[2])
    if light == "warm":
        warmth += WARMER
    return Lighting(
        key=key,
        key_colour=_scaled((red + warmth, green, blue - warmth), level * key_level),
        fill=(-side * 0.8, -0.55, 0.15),
        fill_colour=_scaled(plain.fill_colour, sky_level),
        sky_colour=_scaled((plain.sky_colour[0] + tint, plain.sky_colour[1], plain.sky_colour[2] - tint), sky_level),
        ground_colour=_scaled(plain.ground_colour, sky_level),
    )


def _scaled(colour: tuple[float, float, float], level: float) -> tuple[float, float, float]:
    red, green, blue = (level * value for value in colour)
    return red, green, blue


def figure_camera(
    hip: float, crown: float, size: tuple[int, int], times: Floats, rng: np.random.Generator, move: CameraMove = "held"
) -> list[Pinhole]:
    """A camera in front of a standing figure, from hip to crown, that drifts a little as if held by hand, or moves.

    A push brings the camera nearer instead of zooming: the focal length stays the same through a shot.

    Args:
        hip, crown: heights in metres.
        size: (width, height) of the picture in pixels.
        times: (N,) seconds.
    """
    tall = crown - hip
    shown = tall * (1 + ABOVE_HEAD + BELOW_HIP)
    width, height = size
    scale = max(shown / height, SHOWN_WIDTH * tall / width)  # metres for each pixel at the figure
    focal = max(size) / 2 / np.tan(FIELD_OF_VIEW / 2)
    middle = crown + ABOVE_HEAD * tall - scale * height / 2
    origin = np.array([0.0, -focal * scale, middle + 0.06]) + wander3(rng, times, (0.025, 0.02, 0.012))
    target = np.array([0.0, -0.1, middle]) + wander3(rng, times, (0.008, 0.0, 0.008))
    share = times / max(float(times[-1]), 1e-9)
    if move == "pan":
        aside = PAN_METRES * (2 * smooth_step(share) - 1)
        origin[:, 0] += aside
        target[:, 0] += aside
    elif move == "push":
        origin[:, 1] *= 1 - PUSH_SHARE * smooth_step(share)
    elif move == "shake":
        target += np.stack([wander(rng, times, SHAKE_HZ) * extent for extent in SHAKE], axis=1)
    return [look_at(eye, aim, focal, size) for eye, aim in zip(origin, target, strict=True)]


def table_camera(size: tuple[int, int], times: Floats, rng: np.random.Generator) -> list[Pinhole]:
    """A camera on a product at the origin that stands on a table: a slow drift to one side."""
    distance = float(np.linalg.norm(TABLE_CAMERA))
    focal = min(size) * distance / TABLE_FIELD
    slide = 0.05 * wander(rng, times, 0.2)
    origin = TABLE_CAMERA + np.stack([slide, 0 * slide, 0.2 * slide], axis=1)
    return [look_at(eye, np.array([0.0, 0.0, 0.02]), focal, size) for eye in origin]
