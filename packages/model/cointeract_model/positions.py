"""Coordinates of every token: the one place that knows the rules of Fig. 2(b).

A position is (time, row, column), whole numbers that may be negative; all functions give (tokens, 3) in the order of
the tokens: time first, then rows, then columns. Where few tokens spread over many places, both ends are taken and what
lies between is truncated, as the released weights were trained.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cointeract_model.errors import InputError
from cointeract_model.grid import MOTION_FRAMES_FAR, MOTION_FRAMES_MIDDLE, MOTION_FRAMES_NEAR, Grid

Positions = NDArray[np.int64]

PERSON_TIME = 30
PRODUCT_TIME = 31
"""References lie far after the target ("t = 30, 31", section 3.1)."""

RELEASED_TABLE_ROWS = 1024
"""Rows of the released table of positions; a negative column counts from its end."""


def target_positions(grid: Grid) -> Positions:
    """RGB target: time 0 .. T-1, rows and columns from 0.

    Raises:
        InputError: the target reaches the references' place in time.
    """
    if grid.frames > PERSON_TIME:
        raise InputError(
            f"{grid.frames} target latents reach time {grid.frames - 1}, where the references lie ({PERSON_TIME}): "
            f"give at most {PERSON_TIME} and chain clips for more"
        )
    return _mesh(np.arange(grid.frames), np.arange(grid.rows), np.arange(grid.columns))


def hoi_positions(grid: Grid, origin: Literal["paper", "release"]) -> Positions:
    """HOI: time and rows of the target; columns from -W (paper), or from 1024-W (release)."""
    positions = target_positions(grid)
    first = -grid.columns if origin == "paper" else RELEASED_TABLE_ROWS - grid.columns
    return np.add(positions, (0, 0, first), dtype=np.int64)


def person_positions(grid: Grid) -> Positions:
    """Person reference: time 30."""
    return _mesh(np.array([PERSON_TIME]), np.arange(grid.rows), np.arange(grid.columns))


def product_positions(grid: Grid, scale: float = 1.0) -> Positions:
    """Product reference: time 31, spread over `scale` of the rows and columns, from 0; over one of each at least.

    Raises:
        InputError: the scale isn't above 0 and finite.
    """
    if not (scale > 0 and math.isfinite(scale)):
        raise InputError(f"product scale {scale} is no share of the picture: give a number above 0, 1 for all of it")
    rows, columns = max(1, round(grid.rows * scale)), max(1, round(grid.columns * scale))
    return _mesh(np.array([PRODUCT_TIME]), _spread(0, rows - 1, grid.rows), _spread(0, columns - 1, grid.columns))


def motion_positions(grid: Grid) -> Positions:
    """Packed motion: near at time -1, middle at -3, far at -19, -14, -9, -4; each over all of the target's rows and
    columns, however few its own are.
    """
    parts = []
    last = 0
    lengths = (MOTION_FRAMES_NEAR, MOTION_FRAMES_MIDDLE, MOTION_FRAMES_FAR)
    for length, (frames, rows, columns) in zip(lengths, grid.motion_shapes, strict=True):
        # Truncated before the sign, so that a time between two frames moves towards the present.
        times = -_spread(last + length, last + 1, frames)
        parts.append(_mesh(times, _spread(0, grid.rows - 1, rows), _spread(0, grid.columns - 1, columns)))
        last += length
    return np.concatenate(parts)


def _spread(first: int, last: int, count: int) -> Positions:
    return np.linspace(first, last, count).astype(np.int64)


def _mesh(times: Positions, rows: Positions, columns: Positions) -> Positions:
    mesh: Positions = np.stack(np.meshgrid(times, rows, columns, indexing="ij"), axis=-1).reshape(-1, 3)
    return mesh
