"""Things of cloth: a sheet that hangs from both hands and waves, and a coat on a hanger.

A sheet is a closed double surface over a grid; its shape at a time is a function of that time and of how its hands have moved.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.geometry import TexturedMesh
from cointeract_curation.synth.motion import wander
from cointeract_curation.synth.shapes import TUBE_SEGMENTS, join_meshes, loft, tube

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

SHEET_COLUMNS, SHEET_ROWS = 41, 45
THICKNESS = 0.004  # metres
OVERHANG = 0.035  # metres that the sheet goes on beyond each hand
ABOVE_GRIP = 0.014  # metres of the sheet above the middle of the fist
SAG = 0.035  # metres that the upper edge hangs through between the hands
FOLDS = 2.5  # waves across the sheet
FOLD_DEPTH = 0.016  # metres at the lower edge
LAG = 0.24  # seconds that the lower edge follows the hands later
SWAY = 0.03  # metres that a draught moves the lower edge
RIPPLE_HZ = 0.7

COAT_HALF_WIDTH, COAT_HALF_DEPTH = 0.23, 0.045  # metres, at the shoulders
COAT_COLUMNS, COAT_ROWS = 64, 40
COAT_FOLDS, COAT_FOLD_SHARE = 9, 0.16
SLEEVE_RADIUS = (0.062, 0.05)  # metres at shoulder and cuff
STEM, STEM_RADIUS, HOOK_RADIUS = 0.13, 0.003, 0.022  # metres
STEM_BURIED = 0.05  # metres of the stem inside of the coat
SLEEVE_TEXTURE, STEM_TEXTURE = 0.55, 0.93  # u from which the coat's picture shows sleeves, and metal


def _grid() -> tuple[Floats, Floats]:
    """Across (-1 to 1) and down (0 to 1) of the sheet's vertices, each (rows, columns)."""
    across, down = np.meshgrid(np.linspace(-1, 1, SHEET_COLUMNS), np.linspace(0, 1, SHEET_ROWS))
    return across, down


def _flat(hands_apart: float, height: float) -> Floats:
    """Middle surface (rows, columns, 3) at rest; the hands hold it at (-/+ hands_apart / 2, 0, 0)."""
    across, down = _grid()
    x = across * (hands_apart / 2 + OVERHANG)
    inside = np.clip(1 - (2 * x / hands_apart) ** 2, 0, 1)
    flap = np.clip(np.abs(x) - hands_apart / 2, 0, None)
    z = ABOVE_GRIP * (1 - inside) - SAG * inside - 0.6 * flap - down * height
    return np.stack([x, np.zeros_like(x), z], axis=-1)


def _both_sides(middle: Floats) -> Floats:
    """Vertices (..., P, 3) of the double surface around middle surfaces (..., rows, columns, 3): front, then back."""
    off = np.array([0.0, THICKNESS / 2, 0.0])
    flat = middle.reshape(*middle.shape[:-3], -1, 3)
    return np.concatenate([flat - off, flat + off], axis=-2)


def sheet(hands_apart: float, height: float) -> TexturedMesh:
    """The sheet at rest; both sides show the same picture."""
    rows, columns = SHEET_ROWS, SHEET_COLUMNS
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]
    front = np.stack([a, c, d, a, d, b], axis=-1).reshape(-1, 3)
    back = front[:, ::-1] + rows * columns
    border = np.concatenate([index[0, :-1], index[:-1, -1], index[-1, :0:-1], index[:0:-1, 0]])  # clockwise from -y
    after, behind = np.roll(border, -1), rows * columns
    rim = np.concatenate(
        [np.stack([border, after, after + behind], 1), np.stack([border, after + behind, border + behind], 1)]
    )
    faces = np.concatenate([front, back, rim]).astype(np.int32)
    across, down = _grid()
    uv = np.stack([(across.ravel() + 1) / 2, 1 - down.ravel()], axis=1).astype(np.float32)
    return TexturedMesh(_both_sides(_flat(hands_apart, height)), faces, np.concatenate([uv, uv])[faces])


def drape(rest: Floats, place: Floats, times: Floats, rng: np.random.Generator) -> Floats32:
    """A sheet's vertices (N, P, 3) in its own axes, from those at rest (P, 3), while its middle is at `place` (N, 3)."""
    across, down = (np.tile(grid.ravel(), 2) for grid in _grid())
    shape = np.broadcast_to(rest, (len(times), *rest.shape)).copy()
    late = np.stack([np.interp(times - LAG, times, place[:, axis]) for axis in range(3)], axis=1)
    shape += (late - place)[:, None] * down[:, None] ** 1.5 * np.array([1.0, 1.0, 0.3])
    phase = float(rng.uniform(0, 2 * np.pi))
    draught = SWAY * wander(rng, times)
    ripple = np.sin(FOLDS * np.pi * across + phase + 1.5 * down - 2 * np.pi * RIPPLE_HZ * times[:, None])
    standing = np.sin(FOLDS * 2.3 * np.pi * across + 2 * phase)
    shape[..., 1] += FOLD_DEPTH * down**1.2 * (0.6 * ripple + 0.6 * standing) + draught[:, None] * down**2
    return shape.astype(np.float32)


def coat_stem(height: float) -> Floats:
    """The hanger's wire (K, 3): up from inside of the coat, then a hook."""
    top = height / 2
    turn = np.linspace(np.pi, -0.4 * np.pi, 14)
    hook = np.stack([HOOK_RADIUS * (1 + np.cos(turn)), 0 * turn, top + STEM + HOOK_RADIUS * np.sin(turn)], axis=1)
    return np.concatenate([[[0, 0, top - STEM_BURIED]], [[0, 0, top + STEM / 2]], hook])


def coat(height: float) -> TexturedMesh:
    """A coat on a hanger, its middle at the origin."""
    level = np.linspace(0, 1, COAT_ROWS)  # hem to neck
    shoulder = 0.93  # of the height
    half = COAT_HALF_WIDTH * np.interp(level, (0, 0.45, shoulder, 0.98, 1.0), (1.12, 0.9, 1.0, 0.42, 0.3))
    depth = COAT_HALF_DEPTH * np.interp(level, (0, 0.5, 0.95, 1.0), (1.5, 1.0, 1.0, 0.6))
    turn = np.linspace(0, 2 * np.pi, COAT_COLUMNS, endpoint=False) - np.pi / 2  # the front first
    fold = 1 + COAT_FOLD_SHARE * (1 - level)[:, None] * np.sin(COAT_FOLDS * turn)
    rings = np.stack(
        np.broadcast_arrays(
            half[:, None] * np.cos(turn) * (0.95 + 0.05 * fold),
            depth[:, None] * np.sin(turn) * fold,
            (level[:, None] - 0.5) * height,
        ),
        axis=-1,
    )
    torso = loft(rings)
    sleeves = [_sleeve(sign, height) for sign in (-1.0, 1.0)]
    parts = [_into(torso, 0.0, SLEEVE_TEXTURE)]
    parts += [_into(sleeve, SLEEVE_TEXTURE + 0.02, STEM_TEXTURE - 0.02) for sleeve in sleeves]
    parts.append(_into(tube(coat_stem(height), STEM_RADIUS), STEM_TEXTURE + 0.02, 1.0))
    return join_meshes(*parts)


def _into(mesh: TexturedMesh, left: float, right: float) -> TexturedMesh:
    uv = mesh.uv * np.array([right - left, 1.0], np.float32) + np.array([left, 0.0], np.float32)
    return TexturedMesh(mesh.vertices, mesh.faces, uv.astype(np.float32))


def _sleeve(sign: float, height: float) -> TexturedMesh:
    """A sleeve that hangs from a shoulder, a little outwards, from the cuff up."""
    steps = np.linspace(0, 1, 12)
    x = sign * np.interp(
        steps, (0, 0.8, 1.0), (COAT_HALF_WIDTH + 0.06, COAT_HALF_WIDTH + 0.005, COAT_HALF_WIDTH - 0.06)
    )
    z = height * np.interp(steps, (0, 0.85, 1.0), (-0.2, 0.36, 0.43))
    radius = np.interp(steps, (0, 1), SLEEVE_RADIUS[::-1])
    turn = np.linspace(0, 2 * np.pi, 2 * TUBE_SEGMENTS, endpoint=False)
    rings = np.stack(
        np.broadcast_arrays(
            x[:, None] + radius[:, None] * np.cos(turn), 0.6 * radius[:, None] * np.sin(turn), z[:, None]
        ),
        axis=-1,
    )
    return loft(rings)
