"""What a reviewer's boxes say about where the object is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.object.colours import density
from cointeract_curation.stages.object.evidence import Evidence
from cointeract_curation.stages.object.protocol import Prompts
from cointeract_curation.stages.object.through_time import carry

Floats32 = NDArray[np.float32]
Bools = NDArray[np.bool_]

INSIDE, OUTSIDE = 3.0, -4.0
"""Log odds that a pixel gains in a box where nothing was found, and loses outside of it, on the prompted frame."""
FADE = 0.93
"""Share of what a prompt says that is left in the next frame."""
LEAST_FILLED = 0.2
"""Mean probability within a box below which what the box holds is taken to be the object: whatever its surroundings don't show."""
FILLED = 0.85
AROUND = 0.25
"""How far around a box, as a share of its sides, its surroundings are looked at."""
APART = 0.6
"""Share of a box among its and its surroundings' densities of a colour, above which the colour is the object's."""
LEAST_HELD = 0.1
"""Share of a box that must have such colours, or else colours don't tell them apart and the box is all object."""
AGREED = 0.3
"""Share of what was found on a prompted frame that must lie in its box, or else what was found on other frames isn't it either."""
WRONG = 0.1
"""Share of what was found on prompted frames that must lie outside of the boxes for its colours to be held against it elsewhere."""
AGAINST, FOR = 6.0, 4.0
"""Log odds by which colours speak against a pixel, and for one near a hand, at most."""
NEAR = 2.0
"""Palm lengths from a hand within which colours speak for a pixel."""
MOST = 0.98


def obey(likely: Floats32, evidence: Evidence, prompts: Prompts, scale: tuple[float, float]) -> Floats32:
    """Probabilities (T, h, w) as the prompted boxes change them.

    On its own frame a box bounds the object, and fading, along the flow, around it. What was found outside of a box is another
    thing: pixels of its colours are less likely on all frames, those of the object's more. ``scale`` is the view's.
    """
    if not prompts:
        return likely
    hands = evidence.shapes > 0
    boxes = {frame: _drawn(box, scale, likely.shape[1:]) for frame, box in prompts.items()}
    share = float(np.mean([likely[frame][box].sum() / max(likely[frame].sum(), 1) for frame, box in boxes.items()]))
    chance = np.clip(likely, 1 - MOST, MOST)
    if share < AGREED:
        chance[np.setdiff1d(np.arange(len(likely)), list(boxes))] = 1 - MOST
    said = np.zeros_like(likely)
    for frame, box in boxes.items():
        inside = box & ~hands[frame]
        found = bool(chance[frame][box].mean() >= LEAST_FILLED)
        said[frame] = np.where(box, 0.0 if found else INSIDE, OUTSIDE)
        if not found:
            held = _held(evidence.bins[frame], inside, _around(box) & ~hands[frame])
            chance[frame] = np.where(box, np.where(held, FILLED, 1 - FILLED), chance[frame])
            said[frame] = np.where(box & ~held, 0.0, said[frame])
    odds = np.log(chance / (1 - chance)) + _by_colour(chance, evidence, boxes)
    return np.asarray(1 / (1 + np.exp(-odds - _carried(said, boxes, evidence))), np.float32)


def _held(bins: NDArray[np.uint16], inside: Bools, around: Bools) -> Bools:
    """The pixels (h, w) in a box that its surroundings don't explain; all of the box where colours tell nothing."""
    of_box, of_rest = density(bins, inside), density(bins, around)
    share = (of_box / (of_box + of_rest))[bins]
    held = inside & (share > APART)
    return np.asarray(held if held.sum() >= LEAST_HELD * inside.sum() else inside)


def _by_colour(chance: Floats32, evidence: Evidence, boxes: dict[int, Bools]) -> Floats32 | float:
    """Log odds (T, h, w) by the colours of what lies in the boxes and of what was wrongly found; 0 where nothing was."""
    frames = list(boxes)
    within, bins = np.stack(list(boxes.values())), evidence.bins[frames]
    found = chance[frames] * (chance[frames] > 1 / 2)
    right, wrong = found * within, found * ~within
    if wrong.sum() < WRONG * found.sum() or not right.any():
        return 0.0
    told = np.clip(np.log(density(bins, right) / density(bins, wrong)), -AGAINST, FOR)[evidence.bins]
    near = evidence.apart.min(axis=1) < NEAR
    return np.asarray(np.where((told < 0) | near, told, 0), np.float32)


def _carried(said: Floats32, boxes: dict[int, Bools], evidence: Evidence) -> Floats32:
    """What is said of the prompted frames (T, h, w), carried both ways along the flow to all others; the stronger word counts."""
    forward, backward = said.copy(), said.copy()
    for number in range(1, len(said)):
        if number not in boxes:
            forward[number] = FADE * carry(forward[number - 1], evidence.back[number - 1])
    for number in range(len(said) - 2, -1, -1):
        if number not in boxes:
            backward[number] = FADE * carry(backward[number + 1], evidence.onward[number])
    return np.asarray(np.where(np.abs(forward) > np.abs(backward), forward, backward))


def _around(box: Bools) -> Bools:
    """The frame (h, w) around a box."""
    rows, columns = np.flatnonzero(box.any(axis=1)), np.flatnonzero(box.any(axis=0))
    wide = np.zeros_like(box)
    if len(rows):
        down, across = max(2, round(AROUND * len(rows))), max(2, round(AROUND * len(columns)))
        wide[max(0, rows[0] - down) : rows[-1] + down + 1, max(0, columns[0] - across) : columns[-1] + across + 1] = (
            True
        )
    return wide & ~box


def _drawn(box: tuple[float, float, float, float], scale: tuple[float, float], shape: tuple[int, ...]) -> Bools:
    x1, x2 = (max(0, round(x * scale[0])) for x in (box[0], box[2]))
    y1, y2 = (max(0, round(y * scale[1])) for y in (box[1], box[3]))
    picture = np.zeros(shape, bool)
    picture[y1:y2, x1:x2] = True
    return picture
