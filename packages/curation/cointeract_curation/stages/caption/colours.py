"""Names of colours."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# English has eleven basic names (Berlin and Kay); turquoise and beige are added, since products have them. Each name has a few sRGB
# colours that stand for it, light, full and dark, as a camera sees them.
ANCHORS: dict[str, tuple[tuple[int, int, int], ...]] = {
    "black": ((0, 0, 0), (22, 22, 24), (42, 40, 42)),
    "grey": ((80, 80, 80), (110, 110, 112), (140, 140, 142), (170, 170, 172)),
    "white": ((255, 255, 255), (235, 235, 235), (212, 212, 214)),
    "red": ((220, 30, 35), (170, 30, 35), (120, 20, 25)),
    "orange": ((250, 140, 20), (235, 110, 40), (205, 120, 50)),
    "yellow": ((250, 225, 40), (230, 200, 60), (200, 180, 40), (205, 230, 40)),
    "green": ((40, 170, 70), (20, 110, 50), (15, 65, 35), (120, 200, 70), (90, 120, 60), (150, 210, 150)),
    "turquoise": ((50, 200, 200), (20, 140, 140), (60, 170, 200), (120, 215, 210)),
    "blue": ((40, 80, 200), (25, 45, 120), (20, 30, 70), (90, 150, 230), (150, 190, 235)),
    "purple": ((130, 50, 170), (80, 35, 110), (170, 130, 210), (130, 20, 120)),
    "pink": ((250, 170, 190), (240, 110, 160), (210, 40, 130), (225, 150, 165)),
    "brown": ((125, 75, 40), (90, 55, 35), (55, 35, 25), (150, 100, 70)),
    "beige": ((225, 205, 170), (205, 185, 155), (190, 165, 140)),
}
NAMES = tuple(ANCHORS)
LIGHTNESS_WEIGHT = 0.6
"""Light and shadow change lightness more than hue, so it counts less."""
SECOND_SHARE = 0.25
"""Of the pixels: from this on a second colour is named."""
FIRST_SHARE = 0.3
"""Of the pixels: with less than this no colour stands out, and none is named."""
OWN_LIGHT = {
    "white": "grey",
    "grey": "black",
    "black": "grey",
    "orange": "brown",
    "yellow": "brown",
    "red": "brown",
    "beige": "brown",
}
"""What a colour looks like in its own shadow, or black in its gloss: isn't told as a second one."""
STEP = 8
"""sRGB values are told apart in steps of this many: the table of all of them has 32,768 entries."""
LEVELS = 256 // STEP


def _lab(rgb: NDArray[np.uint8]) -> Floats:
    """CIE L*a*b* (N, 3) of sRGB colours (N, 3), with lightness weighted down."""
    import cv2

    lab = cv2.cvtColor((rgb.astype(np.float32) / 255)[None], cv2.COLOR_RGB2LAB)[0].astype(np.float64)
    return np.asarray(lab * (LIGHTNESS_WEIGHT, 1, 1))


@functools.lru_cache(maxsize=1)
def _table() -> NDArray[np.int8]:
    """For each quantised colour (LEVELS, LEVELS, LEVELS) an index into `NAMES`: that of the nearest anchor."""
    side = np.arange(LEVELS) * STEP + STEP // 2
    every = np.stack(np.meshgrid(side, side, side, indexing="ij"), -1).reshape(-1, 3).astype(np.uint8)
    anchors = np.array([colour for colours in ANCHORS.values() for colour in colours], np.uint8)
    owner = np.array([index for index, colours in enumerate(ANCHORS.values()) for _ in colours], np.int8)
    apart = np.linalg.norm(_lab(every)[:, None] - _lab(anchors)[None], axis=-1)
    return np.asarray(owner[apart.argmin(axis=1)].reshape(LEVELS, LEVELS, LEVELS))


def name_shares(pixels: NDArray[np.uint8]) -> Floats:
    """The share of pixels (N, 3), sRGB, that bears each of `NAMES`."""
    red, green, blue = (pixels // STEP).T
    return np.bincount(_table()[red, green, blue], minlength=len(NAMES)) / max(len(pixels), 1)


def name_colours(shares: Floats) -> tuple[str, ...]:
    """One or two names from the shares (T, len(NAMES)) of several frames, the more frequent first.

    The median over frames is taken, so that a frame whose mask is wrong doesn't count. Empty where no colour stands out.
    """
    if len(shares) == 0:
        return ()
    usual = np.median(shares, axis=0)
    order = [int(index) for index in np.argsort(-usual, kind="stable")]
    first = NAMES[order[0]]
    if usual[order[0]] < FIRST_SHARE:
        return ()
    second = next((index for index in order[1:] if NAMES[index] != OWN_LIGHT.get(first)), order[0])
    return (first, NAMES[second]) if second != order[0] and usual[second] >= SECOND_SHARE else (first,)
