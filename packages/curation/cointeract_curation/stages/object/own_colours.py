"""The handled object's own colours, learned from where it is likely to be."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.object.colours import FLOOR, density
from cointeract_curation.stages.object.evidence import Evidence
from cointeract_curation.stages.object.regions import TOUCH, pieces_of, touching_pieces
from cointeract_curation.stages.object.seek import FEWEST_PIXELS

Floats32 = NDArray[np.float32]

LIKELY = 0.25
"""Probability from which a pixel's colours count, in proportion: a later look can drop them, not find them."""
UNLIKELY = 0.1
"""Probability up to which a pixel shows what is around the object."""
AROUND = 1.5
"""Palm lengths from a hand within which that lies."""


def own_colours(evidence: Evidence, likely: Floats32, frames: NDArray[np.int64]) -> Floats32 | None:
    """(BINS,) density of the object's colours from probabilities (n, h, w) in some frames; None where that is hardly anything.

    Counted are pieces that touch a hand, and more so what moves with it: a thing that stands before the object doesn't. Colours that
    the surroundings show more often than the object are taken back by as much: they don't tell it from them.
    """
    near = evidence.apart[frames].min(axis=1)
    held = np.zeros_like(likely)
    for number, picture in enumerate(likely):
        labels, count = pieces_of(picture > LIKELY)
        held[number] = np.where(touching_pieces(labels, count, near[number] < TOUCH)[labels], picture, 0)
    if np.count_nonzero(held) < FEWEST_PIXELS:
        return None
    bins = evidence.bins[frames]
    of_object = density(bins, held * (1 + evidence.channels["with_hand"][frames]) / 2)
    around = density(bins, (likely < UNLIKELY) & (near < AROUND))
    return np.asarray(np.maximum(of_object * np.minimum(of_object / around, 1), FLOOR), np.float32)
