"""Painting a person's skin, features and clothes into the body's texture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.parts import PARTS
from cointeract_curation.synth import regions
from cointeract_curation.synth.look import Colour, Look
from cointeract_curation.synth.texels import TexelMap

Floats32 = NDArray[np.float32]
GAMMA = 2.2


def linear(colour: Colour | Floats32) -> Floats32:
    """Linear light of sRGB colours 0 to 1 (power law)."""
    return np.asarray(np.asarray(colour, np.float32) ** GAMMA, dtype=np.float32)


def smooth_noise(rng: np.random.Generator, size: int, cells: int) -> Floats32:
    """A smooth random picture (size, size), about -1 to 1, with `cells` cells to a side."""
    import cv2

    coarse = rng.standard_normal((cells, cells)).astype(np.float32)
    return np.asarray(np.clip(cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC) / 2, -1, 1))


def _over(picture: Floats32, share: Floats32, colour: Colour | Floats32) -> None:
    """Lay a colour over a picture (S, S, 3) where its share (S, S) is above zero, in place."""
    picture += share[..., None] * (np.asarray(colour, np.float32) - picture)


def _cloth(look: Look, texels: TexelMap) -> Floats32:
    place = texels.position
    colour = np.broadcast_to(np.asarray(look.shirt, np.float32), place.shape).copy()
    height = place[..., 2]
    arm = regions.arm_share(place)
    along = np.where(regions.on_arm(place), -arm * 0.5, height)
    if look.pattern != "plain":
        _over(colour, regions.ramp(np.sin(along * 2 * np.pi / 0.042), 0.3, 0.5), look.shirt_accent)
    if look.pattern == "checks":
        around = np.arctan2(place[..., 0], -place[..., 1] + 0.1)
        _over(colour, 0.6 * regions.ramp(np.sin(around * 24), 0.3, 0.6), look.shirt_accent)
    return colour


def paint_body(look: Look, texels: TexelMap, rng: np.random.Generator) -> Floats32:
    """The body's texture (S, S, 3) in linear light."""
    size = texels.part.shape[0]
    place = texels.position
    part = {name: (texels.part == index).astype(np.float32) for index, name in enumerate(PARTS)}
    skin = np.asarray(look.skin, np.float32)
    picture = np.broadcast_to(skin, (size, size, 3)).copy()
    picture *= 1 + 0.035 * smooth_noise(rng, size, 40)[..., None] + 0.02 * smooth_noise(rng, size, 200)[..., None]
    blush = skin * np.array([1.02, 0.82, 0.8], np.float32)
    cheek = np.exp(-(((np.abs(place[..., 0]) - 0.043) / 0.016) ** 2) - ((place[..., 2] - 0.665) / 0.016) ** 2)
    _over(picture, 0.5 * cheek.astype(np.float32) * (place[..., 1] < regions.FACE_FRONT), blush)
    _over(picture, 0.5 * texels.masks["ears"] * part["head"], blush)
    _over(picture, 0.85 * texels.masks["lips"], look.lips)
    _over(picture, 0.3 * texels.masks["eyelids"] * part["head"], skin * 0.6)
    _over(picture, 0.6 * texels.masks["fingernails"], skin * 0.4 + np.array([0.6, 0.5, 0.5], np.float32))
    head = part["head"]
    _over(picture, 0.9 * regions.brows(place) * head, np.asarray(look.hair, np.float32) * 0.8)
    streaks = 1 + 0.07 * np.sin(np.arctan2(place[..., 0], place[..., 1] + 0.04) * 90 + 6 * smooth_noise(rng, size, 24))
    _over(picture, regions.scalp(place) * head, np.asarray(look.hair, np.float32) * streaks[..., None])
    for name in ("mouth_cavity", "tongue"):
        _over(picture, part[name], (0.42, 0.13, 0.13) if name == "mouth_cavity" else (0.62, 0.28, 0.28))
    for side in ("eye_cavity.L", "eye_cavity.R"):
        _over(picture, part[side], skin * 0.55)
    _paint_eyes(picture, look, texels, part)
    trunk = part["body"] + part["foot.L"] + part["foot.R"]
    below = regions.ramp(place[..., 2], regions.WAIST + 0.001, regions.WAIST - 0.001)
    on_trunk = ~regions.on_arm(place)  # hands hang as low as the waist
    _over(picture, below * trunk * on_trunk, look.trousers)
    neck = (place[..., 2] < regions.HEAD_BASE).astype(np.float32) * head
    covered = regions.shirt(place, look) * np.maximum(part["body"], neck)
    _over(picture, covered, _cloth(look, texels))
    return linear(np.clip(picture, 0, 1))


def _paint_eyes(picture: Floats32, look: Look, texels: TexelMap, part: dict[str, Floats32]) -> None:
    for side, sign in (("L", 1.0), ("R", -1.0)):
        eye = part[f"eye_front.{side}"] + part[f"eye_back.{side}"]
        centre = regions.EYE * np.array([sign, 1, 1], np.float32)
        off = texels.position - centre
        radius = np.hypot(off[..., 0], off[..., 2])
        front = eye * (off[..., 1] < 0)
        _over(picture, eye, (0.93, 0.91, 0.9))
        _over(picture, front * regions.ramp(radius, regions.IRIS_RADIUS + 4e-4, regions.IRIS_RADIUS - 4e-4), look.iris)
        _over(
            picture,
            front * regions.ramp(radius, regions.PUPIL_RADIUS + 4e-4, regions.PUPIL_RADIUS - 4e-4),
            (0.02, 0.02, 0.02),
        )
        glint = np.hypot(off[..., 0] + 0.002, off[..., 2] - 0.0025)
        _over(picture, front * regions.ramp(glint, 0.0016, 0.0008), (1.0, 1.0, 1.0))
