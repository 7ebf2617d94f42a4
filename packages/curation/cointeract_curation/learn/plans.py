"""Shots to learn the handled object from: every kind of product, grip, light and movement, none of them as the benchmark has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import numpy as np

from cointeract_curation.synth.plan import AROUND, BROAD, CameraMove, Light, ProductKind, ShotPlan, Wall

SECONDS = 3.52
"""A shot's length: 88 frames, as long as a window."""
PRODUCTS: dict[ProductKind, float] = {
    "bottle": 1.0, "jar": 1.0, "carton": 1.0, "box": 1.0, "bowl": 0.8, "brush": 1.3, "lipstick": 0.8, "phone": 1.0,
    "bag": 1.0, "cloth": 0.7, "coat": 0.8,
}  # fmt: skip
"""How often each is drawn, in proportion."""
EMPTY_HANDED = 0.07
"""Share of shots without a product."""
RARE = 0.1
"""Share of shots with a second person, with something in the foreground, or in which the person leaves or turns."""
DARK = 0.15


def draw_plan(rng: np.random.Generator) -> ShotPlan:
    """A plan with every choice drawn; always with a person."""
    if rng.random() < EMPTY_HANDED:
        return ShotPlan(seconds=SECONDS, product="none", action="talk", wall=_any(rng, get_args(Wall)))
    names = list(PRODUCTS)
    shares = np.array(list(PRODUCTS.values()))
    product: ProductKind = names[int(rng.choice(len(names), p=shares / shares.sum()))]
    choices: dict[str, object] = {}
    if product in AROUND:
        holds = ["side", "side", "front"] + (["behind"] if product in BROAD else [])
        choices["hold"] = _any(rng, holds)
    draw = rng.random()
    if draw < RARE:
        choices["action"] = _any(rng, ("leave", "turn_away"))
    elif draw < 3 * RARE and product in AROUND:
        choices["action"] = _any(rng, ("put_down", "pick_up"))
    return ShotPlan.model_validate(
        {
            "seconds": SECONDS,
            "product": product,
            "hand": _any(rng, ("left", "right")),
            "people": 2 if rng.random() < RARE else 1,
            "camera": _any(rng, ("held", *get_args(CameraMove))),
            "light": _any(rng, ("soft", *get_args(Light))),
            "wall": _any(rng, get_args(Wall)),
            "dark": bool(rng.random() < DARK),
            "foreground": bool(rng.random() < RARE),
            **choices,
        }
    )


def _any(rng: np.random.Generator, choices: Sequence[str]) -> str:
    return choices[int(rng.integers(len(choices)))]
