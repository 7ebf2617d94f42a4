"""Regions made whole: things have no holes where they shine or carry print, and fingers are no things."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.object.evidence import LOG_SCALE, Evidence

Bools = NDArray[np.bool_]

GAP = 0.1
"""Palm lengths of a gap that is closed."""
OF_HAND = 0.5
"""Share of a piece within the hands' shapes from which it is shaded skin rather than a thing."""
SKIN_DENSITY = 3.0
"""From which a pixel within a hand's shape stays the hand's."""


def make_solid(regions: Bools, evidence: Evidence, hands_too: bool = False) -> Bools:
    """Regions (T, h, w) with small gaps closed and holes filled; fingers stay out.

    Pieces that are mostly within a hand's shape are dropped as shaded skin, unless ``hands_too``: for those who can tell a lipstick
    in a fist from the fist.
    """
    import cv2

    out = np.zeros_like(regions)
    if not evidence.hands.present.any():
        return out
    reach = max(1, round(GAP * float(np.nanmedian(evidence.hands.size))))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    for number, region in enumerate(regions):
        hand = evidence.shapes[number] > 0
        things = region if hands_too else _things(region, hand)
        if things.any():
            closed = cv2.morphologyEx(np.pad(things.astype(np.uint8), reach + 1), cv2.MORPH_CLOSE, kernel)
            _, labels = cv2.connectedComponents(1 - closed, connectivity=4)
            whole = (labels != labels[0, 0])[reach + 1 : -reach - 1, reach + 1 : -reach - 1]
            skin = hand & (evidence.channels["skin"][number] > np.log(SKIN_DENSITY) / LOG_SCALE)
            out[number] = things | (whole & ~skin)
    return out


def _things(region: Bools, hand: Bools) -> Bools:
    import cv2

    count, labels = cv2.connectedComponents(region.astype(np.uint8), connectivity=8)
    area = np.bincount(labels.ravel(), minlength=count)
    kept = np.bincount(labels[hand], minlength=count) < OF_HAND * area
    kept[0] = False
    return np.asarray(kept[labels])
