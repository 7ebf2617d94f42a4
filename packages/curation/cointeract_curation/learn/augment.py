"""Examples made different each time they are seen: light, hue, noise, blur, mirror, missing evidence, colours learned from mistakes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.object.colours import density
from cointeract_curation.stages.object.features import CHANNELS, PICTURE, own_map

Floats32 = NDArray[np.float32]

OWN_KNOWN = 0.6
"""Share of examples that come with a density of the object's colours."""
FORGOTTEN = 0.4
"""Share of a shot's frames in which the object wasn't found."""
MISTAKEN = 0.5
"""Share of densities that something else has got into."""
MISSING = 0.06
"""Share of examples that lack a channel."""
MAY_MISS = ("person", "skin", "hair", "upper", "lower", "outside", "with_hand", "change", "body", "hand", "arm")
HUE_TURN = 0.5
NOISE, BLUR = 0.06, 0.3
LIGHT_GAIN, LIGHT_SHIFT, LIGHT_SLOPE = 0.25, 0.4, 0.5


def augment(maps: Floats32, mask: NDArray[np.bool_], rng: np.random.Generator) -> None:
    """Change one example's maps (channels, h, w) and mask (h, w) in place."""
    _relight(maps, rng)
    for name in MAY_MISS:
        if rng.random() < MISSING:
            maps[CHANNELS.index(name)] = 0
    if rng.random() < 0.5:  # noqa: PLR2004
        maps[:] = maps[:, :, ::-1].copy()
        mask[:] = mask[:, ::-1].copy()


def _relight(maps: Floats32, rng: np.random.Generator) -> None:
    import cv2

    picture = maps[: len(PICTURE)]
    height, width = picture.shape[1:]
    rows, columns = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)
    across, down = rng.normal(0, LIGHT_SLOPE / 2, 2)
    picture[0] = picture[0] * (1 + rng.normal(0, LIGHT_GAIN)) + rng.normal(0, LIGHT_SHIFT) + down * rows + across * columns
    if rng.random() < HUE_TURN:
        angle, gain = rng.uniform(0, 2 * np.pi), rng.uniform(0.3, 1.5)
        a, b = picture[1].copy(), picture[2].copy()
        picture[1] = gain * (np.cos(angle) * a - np.sin(angle) * b)
        picture[2] = gain * (np.sin(angle) * a + np.cos(angle) * b)
    if rng.random() < BLUR:
        for channel in picture:
            channel[:] = cv2.GaussianBlur(channel, (0, 0), float(rng.uniform(0.4, 1.6)))
    picture += rng.normal(0, rng.uniform(0, NOISE), picture.shape).astype(np.float32)
    np.clip(picture, -2, 2, out=picture)


def learned_colours(
    bins: NDArray[np.uint16], masks: NDArray[np.bool_], frame: int, rng: np.random.Generator
) -> Floats32:
    """(h, w) how well colours explain one frame of a shot's bins and masks (P, h, w), learned from all, with mistakes."""
    if rng.random() > OWN_KNOWN:
        return own_map(bins[frame], None)
    weights = masks.astype(np.float32)
    weights[rng.random(len(masks)) < FORGOTTEN] = 0
    if not weights.any():
        return own_map(bins[frame], None)
    if rng.random() < MISTAKEN:
        share = rng.uniform(0.05, 0.6)
        look = int(rng.integers(len(masks)))
        height, width = masks.shape[1:]
        tall, wide = int(height * rng.uniform(0.05, 0.4)), int(width * rng.uniform(0.05, 0.4))
        top, left = int(rng.integers(height - tall)), int(rng.integers(width - wide))
        amount = share * weights.sum() / max(1, tall * wide)
        weights[look, top : top + tall, left : left + wide] += amount
    return own_map(bins[frame], density(bins, weights))
