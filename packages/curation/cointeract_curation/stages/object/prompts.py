"""What a reviewer's boxes say about where the object is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.object.protocol import Prompts
from cointeract_curation.stages.object.through_time import carry

Floats32 = NDArray[np.float32]

INSIDE, OUTSIDE = 3.0, -4.0
"""Log odds that a pixel gains in a box and loses outside of it, on the prompted frame."""
FADE = 0.93
"""Share of what a prompt says that is left in the next frame."""
LEAST_FILLED = 0.2
"""Mean probability within a box below which all of the box, hands left out, is taken to be the object."""
FILLED = 0.85
AGREED = 0.3
"""Share of what was found on a prompted frame that must lie in its box, or else what was found on other frames isn't it either."""
MOST = 0.98


def obey(
    likely: Floats32,
    hands: NDArray[np.bool_],
    prompts: Prompts,
    scale: tuple[float, float],
    onward: Floats32,
    back: Floats32,
) -> Floats32:
    """Probabilities (T, h, w) as the prompted boxes change them, on their frames and, fading, along the flow to all others.

    ``hands`` (T, h, w) are the hands' shapes: a box around an object holds fingers, too.
    """
    if not prompts:
        return likely
    frames = len(likely)
    boxes = {frame: _drawn(box, scale, likely.shape[1:]) for frame, box in prompts.items()}
    found = [float(likely[frame][box].sum() / max(likely[frame].sum(), 1)) for frame, box in boxes.items()]
    chance = np.clip(likely, 1 - MOST, MOST)
    if np.mean(found) < AGREED:
        others = np.setdiff1d(np.arange(frames), list(boxes))
        chance[others] = 1 - MOST
    said = np.zeros_like(likely)
    for frame, box in boxes.items():
        said[frame] = np.where(box, INSIDE, OUTSIDE)
        if chance[frame][box].mean() < LEAST_FILLED:
            chance[frame] = np.where(box & ~hands[frame], FILLED, chance[frame])
    forward, backward = said.copy(), said.copy()
    for number in range(1, frames):
        if number not in boxes:
            forward[number] = FADE * carry(forward[number - 1], back[number - 1])
    for number in range(frames - 2, -1, -1):
        if number not in boxes:
            backward[number] = FADE * carry(backward[number + 1], onward[number])
    total = np.where(np.abs(forward) > np.abs(backward), forward, backward)
    return np.asarray(1 / (1 + np.exp(-np.log(chance / (1 - chance)) - total)), np.float32)


def _drawn(
    box: tuple[float, float, float, float], scale: tuple[float, float], shape: tuple[int, ...]
) -> NDArray[np.bool_]:
    x1, x2 = (max(0, round(x * scale[0])) for x in (box[0], box[2]))
    y1, y2 = (max(0, round(y * scale[1])) for y in (box[1], box[3]))
    picture = np.zeros(shape, bool)
    picture[y1:y2, x1:x2] = True
    return picture
