"""What real people wear over the chest and the studio's don't: hair that falls over the shoulders, and open jackets.

Painted into rendered frames, below hands, face and product, with the light that the frame has there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.body import keypoint_labels
from cointeract_curation.learn.restyle import any_colour
from cointeract_curation.synth.look import Colour
from cointeract_curation.synth.paint import smooth_noise

Bytes = NDArray[np.uint8]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

HAIR_SHARE, JACKET_SHARE = 0.45, 0.25
"""Shares of shots that get either."""
NOISE_SIZE = 256
CURLS = (6, 40)
"""Cells of the noise that makes locks."""
OUTLINE_POINTS = 9


@dataclass(frozen=True)
class Locks:
    """One side's hair: how wide it is and how far it falls, in shoulder widths, and how its edge waves."""

    width: float
    fall: float
    waves: Floats
    """(2, OUTLINE_POINTS) of the inner and outer edge, in shoulder widths."""


@dataclass(frozen=True)
class Overlay:
    """What is painted over all frames of one shot."""

    hair: tuple[Locks, Locks] | None
    hair_colour: Colour
    lapels: tuple[float, float] | None
    """Where an open jacket begins left and right of the middle, in shoulder widths."""
    jacket_colour: Colour
    texture: NDArray[np.float32]
    """(S, S) lights and darks of hair."""


def draw_overlay(hair: Colour, rng: np.random.Generator) -> Overlay:
    """Choices for a shot whose person has hair of a colour."""
    locks = None
    if rng.random() < HAIR_SHARE:
        shared = rng.uniform(0.2, 1.0)
        one, other = (
            Locks(
                width=float(rng.uniform(0.15, 0.45)),
                fall=float(shared * rng.uniform(0.7, 1.3)),
                waves=rng.normal(0, 0.03, (2, OUTLINE_POINTS)),
            )
            for _ in range(2)
        )
        locks = (one, other)
    lapels = None
    if rng.random() < JACKET_SHARE:
        lapels = (float(rng.uniform(0.05, 0.35)), float(rng.uniform(0.05, 0.35)))
    texture = 1 + 0.35 * smooth_noise(rng, NOISE_SIZE, int(rng.integers(*CURLS)))
    return Overlay(locks, hair, lapels, any_colour(rng), texture)


def paint_overlay(picture: Bytes, overlay: Overlay, free: Bools, keypoints: Floats) -> None:
    """Paint into a frame (H, W, 3) where it is ``free`` (H, W); ``keypoints`` (K, 2) are the person's in pixels."""
    import cv2

    names = keypoint_labels()
    left, right, nose = (keypoints[names.index(name)] for name in ("left_shoulder", "right_shoulder", "nose"))
    across = float(np.hypot(*(left - right)))
    if not np.isfinite(across) or across < 4:  # noqa: PLR2004 - pixels: turned away or out of sight
        return
    middle = (left + right) / 2
    if overlay.lapels is not None:
        columns = (np.arange(picture.shape[1]) - middle[0]) / across
        outer = (columns > overlay.lapels[0]) | (columns < -overlay.lapels[1])
        _tint(picture, free & outer[None] & (np.arange(picture.shape[0])[:, None] > nose[1]), overlay.jacket_colour)
    if overlay.hair is None:
        return
    area = np.zeros(free.shape, np.uint8)
    down = np.linspace(0, 1, OUTLINE_POINTS)
    for locks, shoulder in zip(overlay.hair, (left, right), strict=True):
        side = 1.0 if shoulder[0] > middle[0] else -1.0
        start, end = nose[1], middle[1] + locks.fall * across
        rows = start + (end - start) * down
        inner = middle[0] + side * across * (0.22 + 0.05 * down + locks.waves[0])
        outer = inner + side * across * (locks.width * (1 - 0.5 * down**3) + locks.waves[1])
        outline = np.concatenate([np.stack([inner, rows], 1), np.stack([outer, rows], 1)[::-1]])
        cv2.fillPoly(area, [np.round(outline).astype(np.int32)], 1)
    size = picture.shape[1], picture.shape[0]
    streaks = cv2.resize(overlay.texture, size, interpolation=cv2.INTER_CUBIC)
    colour = 255 * np.array(overlay.hair_colour, np.float32) * streaks[..., None]
    place = (area > 0) & free
    picture[place] = np.clip(colour, 0, 255).astype(np.uint8)[place]


def _tint(picture: Bytes, place: Bools, colour: Colour) -> None:
    """Another colour with the lights and darks that are there."""
    if not place.any():
        return
    light = picture[place].mean(axis=1, dtype=np.float32)
    light = light / max(float(light.mean()), 1.0)
    picture[place] = np.clip(255 * np.array(colour, np.float32) * light[:, None], 0, 255).astype(np.uint8)
