"""What a reviewer's boxes say about where the object is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.object.protocol import Prompts
from cointeract_curation.stages.object.through_time import carry

Floats32 = NDArray[np.float32]

INSIDE, OUTSIDE = 20.0, 0.02
"""Odds by which a pixel becomes likelier in a box and less likely outside of it, on the prompted frame."""
FADE = 0.93
"""Share of what a prompt says that is left in the next frame."""


def apply_prompts(
    place: Floats32, prompts: Prompts, scale: tuple[float, float], onward: Floats32, back: Floats32
) -> Floats32:
    """The prior (T, h, w) as the prompted boxes change it, on their frames and, fading, along the flow to all others.

    Raises:
        IndexError: a prompt names a frame that the clip hasn't.
    """
    if not prompts:
        return place
    frames, height, width = place.shape
    said = np.zeros(place.shape, np.float32)
    fixed = np.zeros(frames, bool)
    for frame, box in prompts.items():
        if not 0 <= frame < frames:
            raise IndexError(f"a prompt names frame {frame}; the clip has frames 0 to {frames - 1}")
        said[frame] = _drawn(box, scale, (height, width))
        fixed[frame] = True
    forward, backward = said.copy(), said.copy()
    for number in range(1, frames):
        if not fixed[number]:
            forward[number] = FADE * carry(forward[number - 1], back[number - 1])
    for number in range(frames - 2, -1, -1):
        if not fixed[number]:
            backward[number] = FADE * carry(backward[number + 1], onward[number])
    total = np.where(np.abs(forward) > np.abs(backward), forward, backward)
    return np.asarray(place * np.exp(total), np.float32)


def _drawn(box: tuple[float, float, float, float], scale: tuple[float, float], shape: tuple[int, int]) -> Floats32:
    x1, x2 = (round(x * scale[0]) for x in (box[0], box[2]))
    y1, y2 = (round(y * scale[1]) for y in (box[1], box[3]))
    picture = np.full(shape, np.log(OUTSIDE), np.float32)
    picture[max(0, y1) : max(0, y2), max(0, x1) : max(0, x2)] = np.log(INSIDE)
    return picture
