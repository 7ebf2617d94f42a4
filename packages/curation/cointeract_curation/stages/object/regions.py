"""From probabilities to regions: which connected pieces are the object that a hand holds, in each frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.object.evidence import Evidence
from cointeract_curation.stages.object.through_time import carry

Floats32 = NDArray[np.float32]
Bools = NDArray[np.bool_]

TOUCH = 0.3
"""Palm lengths within which a piece counts as held by a hand."""
KEPT_OVERLAP = 0.4
"""Share of a piece that lies on the object of the neighbouring frame for it to be the same object, put down or let go."""
SMALLEST_PIECE = 0.02
"""Of the palm's length squared."""
HALF = 0.5


def held_regions(probability: Floats32, evidence: Evidence, likely: float = HALF, sure: float = HALF) -> Bools:
    """(T, h, w) pieces of what is at least ``likely`` that touch a hand and hold a pixel that is ``sure``, or that lie where the
    neighbouring frame, before or after, has such a piece."""
    hands, onward, back = evidence.hands, evidence.onward, evidence.back
    frames = len(probability)
    near = evidence.apart.min(axis=1)
    palm = float(np.nanmedian(hands.size)) if hands.present.any() else float("nan")
    least = max(6.0, SMALLEST_PIECE * palm * palm) if np.isfinite(palm) else np.inf
    kept = np.zeros(probability.shape, bool)
    pieces = [_Pieces.of(picture, close < TOUCH, likely, sure) for picture, close in zip(probability, near, strict=True)]
    for number in range(frames):
        before = _seen_from(kept[number - 1], back[number - 1]) if number else None
        kept[number] = pieces[number].choose(before, least)
    later: Bools | None = None
    for number in range(frames - 1, -1, -1):
        after = _seen_from(later, onward[number]) if later is not None else None
        later = pieces[number].choose(after, least)
        kept[number] |= later
    return kept


def pieces_of(picture: Bools) -> tuple[NDArray[np.int32], int]:
    """Labels (h, w) of connected pieces, 0 for what is none, and their number with that one."""
    import cv2

    count, labels = cv2.connectedComponents(picture.astype(np.uint8), connectivity=8)
    return np.asarray(labels), int(count)


def touching_pieces(labels: NDArray[np.int32], count: int, place: Bools) -> Bools:
    """(count,) which pieces have a pixel in ``place`` (h, w); what is no piece never."""
    touching: Bools = np.bincount(labels[place], minlength=count) > 0
    touching[0] = False
    return touching


@dataclass(frozen=True)
class _Pieces:
    """The pieces of one frame."""

    labels: NDArray[np.int32]
    area: NDArray[np.int64]
    held: Bools
    """(count,) by label: known to be held from this frame alone."""

    @staticmethod
    def of(picture: Floats32, at_hand: Bools, likely: float, sure: float) -> _Pieces:
        labels, count = pieces_of(picture > likely)
        held = touching_pieces(labels, count, at_hand) & touching_pieces(labels, count, picture > sure)
        return _Pieces(labels, np.bincount(labels.ravel(), minlength=count), held)

    def choose(self, known: Bools | None, least: float) -> Bools:
        """(h, w) the pieces of at least so many pixels that are held or that go on what is ``known`` from a neighbour."""
        good = self.held
        if known is not None:
            good = good | (np.bincount(self.labels[known], minlength=len(self.area)) > KEPT_OVERLAP * self.area)
        good = good & (self.area >= least)
        good[0] = False
        return np.asarray(good[self.labels])


def _seen_from(mask: Bools, flow: Floats32) -> Bools:
    return carry(mask.astype(np.float32), flow) > HALF
