"""Things that stand around: a table in front of the person, a microphone on a stand before everything."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.geometry import TexturedMesh
from cointeract_curation.human.hands import Side
from cointeract_curation.human.parts import TEXTURE_SIZE
from cointeract_curation.synth.paint import linear, smooth_noise
from cointeract_curation.synth.shapes import box_mesh, join_meshes, placed, printed, revolve

Floats32 = NDArray[np.float32]

TABLE_SIZE = (2.4, 0.5, 0.8)  # metres: a counter
TABLE_BACK = -0.2  # y of its far edge: in front of the person
MICROPHONE_PLACE = (0.1, -0.72)  # x towards the holding hand, y; metres
MICROPHONE_HEIGHT = 0.37  # metres of its middle above the hip
FOAM = (0.033, 0.085)  # radius and length in metres
POLE_RADIUS, POLE_LENGTH = 0.007, 0.7


@dataclass(frozen=True)
class Prop:
    """A thing that doesn't move, in the world."""

    mesh: TexturedMesh
    texture: Floats32  # (S, S, 3) linear light
    gloss: float


def table(top: float, rng: np.random.Generator) -> Prop:
    """A table whose top lies at a height in metres, between the person and the camera."""
    middle = (0.0, TABLE_BACK - TABLE_SIZE[1] / 2, top - TABLE_SIZE[2] / 2)
    grain = 0.5 + 0.5 * np.sin(np.linspace(0, 300, TEXTURE_SIZE)[:, None] + 4 * smooth_noise(rng, TEXTURE_SIZE, 9))
    wood = np.array([0.78, 0.62, 0.46], np.float32) * float(rng.uniform(0.6, 1.1))
    picture = wood * (0.88 + 0.12 * grain)[..., None]
    return Prop(placed(box_mesh(TABLE_SIZE), middle), linear(np.clip(picture, 0, 1).astype(np.float32)), 0.06)


def microphone(hip: float, side: Side, rng: np.random.Generator) -> Prop:
    """A microphone with a foam head, before the product that the hand of a side holds."""
    radius, length = FOAM
    turn = np.linspace(-np.pi / 2, np.pi / 2, 13)
    foam = revolve(np.stack([radius * np.cos(turn), length / 2 * np.sin(turn)], axis=1).round(9))
    pole = revolve(
        np.array([[0, -POLE_LENGTH], [POLE_RADIUS, -POLE_LENGTH], [POLE_RADIUS, -length / 3], [0, -length / 3]])
    )
    sign = 1.0 if side == "left" else -1.0
    place = (sign * MICROPHONE_PLACE[0], MICROPHONE_PLACE[1], hip + MICROPHONE_HEIGHT)
    mesh = placed(join_meshes(printed(foam, 0.0, 0.5, 1.0, 1.0), printed(pole, 0.0, 0.0, 1.0, 0.4)), place)
    picture = np.full((TEXTURE_SIZE, TEXTURE_SIZE, 3), 0.32, np.float32)
    foam_noise = smooth_noise(rng, TEXTURE_SIZE, 300)[: TEXTURE_SIZE // 2, :, None]
    picture[: TEXTURE_SIZE // 2] = 0.14 * (1 + 0.25 * foam_noise)
    return Prop(mesh, linear(np.clip(picture, 0, 1)), 0.05)
