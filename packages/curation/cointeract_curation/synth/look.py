"""How a person looks: phenotype, colours, hair and clothes, drawn from a seed."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

Colour = tuple[float, float, float]  # sRGB, 0 to 1
HairStyle = Literal["short", "bun", "long"]
Pattern = Literal["plain", "stripes", "checks"]
Neckline = Literal["round", "v", "collar"]

SKINS: tuple[Colour, ...] = (
    (0.93, 0.76, 0.66),
    (0.87, 0.68, 0.55),
    (0.78, 0.58, 0.44),
    (0.62, 0.43, 0.31),
    (0.46, 0.31, 0.23),
)
HAIRS: tuple[Colour, ...] = (
    (0.09, 0.07, 0.07),
    (0.2, 0.13, 0.09),
    (0.38, 0.24, 0.14),
    (0.62, 0.47, 0.29),
    (0.5, 0.5, 0.51),
)
DARK: Colour = (0.08, 0.08, 0.09)
IRISES: tuple[Colour, ...] = ((0.22, 0.13, 0.07), (0.3, 0.2, 0.1), (0.25, 0.36, 0.42), (0.28, 0.36, 0.24))


@dataclass(frozen=True)
class Look:
    """One person. `phenotype` holds Anny's parameters, 0 to 1."""

    phenotype: dict[str, float]
    skin: Colour
    hair: Colour
    hair_style: HairStyle
    iris: Colour
    lips: Colour
    shirt: Colour
    shirt_accent: Colour
    pattern: Pattern
    neckline: Neckline
    sleeve: float  # share of the arm that is covered, 0 at the shoulder to 1 at the wrist
    trousers: Colour
    female: bool


def _mix(a: Colour, b: Colour, share: float) -> Colour:
    red, green, blue = ((1 - share) * x + share * y for x, y in zip(a, b, strict=True))
    return red, green, blue


def darkened(look: Look) -> Look:
    """The same person in dark, plain clothes."""
    return replace(look, shirt=_mix(look.shirt, DARK, 0.9), shirt_accent=DARK, trousers=DARK, pattern="plain")


def draw_look(rng: np.random.Generator, number: int) -> Look:
    """A person from a random generator. `number` counts the people of one video: neighbours differ in sex, skin and shirt."""
    female = number % 2 == 0
    skin = SKINS[int(rng.integers(len(SKINS) - 1) + number) % len(SKINS)]
    hue = (0.11 + 0.382 * number + rng.uniform(-0.06, 0.06)) % 1.0
    shirt = colorsys.hsv_to_rgb(hue, rng.uniform(0.35, 0.75), rng.uniform(0.5, 0.85))
    accent = _mix(shirt, (1.0, 1.0, 1.0) if rng.integers(3) else (0.1, 0.1, 0.15), 0.7)
    styles: tuple[HairStyle, ...] = ("long", "bun", "long") if female else ("short",)
    phenotype = {
        "gender": float(rng.uniform(0.85, 1.0) if female else rng.uniform(0.0, 0.12)),
        "age": float(rng.uniform(0.64, 0.86)),
        "muscle": float(rng.uniform(0.35, 0.6) if female else rng.uniform(0.45, 0.75)),
        "weight": float(rng.uniform(0.3, 0.75)),
        "height": float(rng.uniform(0.3, 0.7)),
        "proportions": float(rng.uniform(0.4, 0.8)),
        "cupsize": float(rng.uniform(0.3, 0.6)),
        "african": float(rng.uniform(0, 1)),
        "asian": float(rng.uniform(0, 1)),
        "caucasian": float(rng.uniform(0, 1)),
    }
    return Look(
        phenotype=phenotype,
        skin=skin,
        hair=HAIRS[int(rng.integers(len(HAIRS)))] if skin in SKINS[:3] else HAIRS[int(rng.integers(2))],
        hair_style=styles[int(rng.integers(len(styles)))],
        iris=IRISES[int(rng.integers(len(IRISES)))] if skin in SKINS[:2] else IRISES[0],
        lips=_mix(skin, (0.72, 0.2, 0.22), 0.55 if female else 0.25),
        shirt=shirt,
        shirt_accent=accent,
        pattern=("plain", "stripes", "checks")[int(rng.integers(3))],
        neckline=("round", "v", "collar")[int(rng.integers(3))],
        sleeve=float(rng.choice([0.3, 0.42, 0.9, 0.93])),
        trousers=colorsys.hsv_to_rgb(rng.uniform(0.55, 0.7), rng.uniform(0.2, 0.6), rng.uniform(0.15, 0.4)),
        female=female,
    )
