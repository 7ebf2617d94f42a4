"""From probabilities to regions: which connected pieces are the object that a hand holds, in each frame."""

from __future__ import annotations

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


def held_regions(probability: Floats32, evidence: Evidence) -> Bools:
    """(T, h, w) pieces above one half that touch a hand, or that lie where the neighbouring frame, before or after, has such a piece."""
    hands, onward, back = evidence.hands, evidence.onward, evidence.back
    frames = len(probability)
    likely = probability > 0.5  # noqa: PLR2004
    near = evidence.apart.min(axis=1)
    palm = float(np.nanmedian(hands.size)) if hands.present.any() else float("nan")
    least = max(6.0, SMALLEST_PIECE * palm * palm) if np.isfinite(palm) else np.inf
    kept = np.zeros(likely.shape, bool)
    pieces = [_pieces(picture) for picture in likely]
    for number in range(frames):
        before = _seen_from(kept[number - 1], back[number - 1]) if number else None
        kept[number] = _choose(pieces[number], near[number], before, least)
    later: Bools | None = None
    for number in range(frames - 1, -1, -1):
        after = _seen_from(later, onward[number]) if later is not None else None
        later = _choose(pieces[number], near[number], after, least)
        kept[number] |= later
    return kept


def _pieces(picture: Bools) -> tuple[NDArray[np.int32], int]:
    import cv2

    count, labels = cv2.connectedComponents(picture.astype(np.uint8), connectivity=8)
    return np.asarray(labels), int(count)


def _seen_from(mask: Bools, flow: Floats32) -> Bools:
    return carry(mask.astype(np.float32), flow) > 0.5  # noqa: PLR2004


def _choose(pieces: tuple[NDArray[np.int32], int], near: Floats32, known: Bools | None, least: float) -> Bools:
    labels, count = pieces
    area = np.bincount(labels.ravel(), minlength=count)
    touching = np.bincount(labels[near < TOUCH], minlength=count) > 0
    good = touching
    if known is not None:
        good = good | (np.bincount(labels[known], minlength=count) > KEPT_OVERLAP * area)
    good = good & (area >= least)
    good[0] = False
    return np.asarray(good[labels])
