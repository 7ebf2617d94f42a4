"""The axis `no_hand`: nothing of the clip's skin is left on the product."""

from __future__ import annotations

import numpy as np

from cointeract_curation.triplet.axes import Judged
from cointeract_curation.triplet.clip import Picture
from cointeract_curation.triplet.product_region import ProductRegion
from cointeract_curation.triplet.ramp import ramp
from cointeract_curation.triplet.skin import SKIN, SkinModel

MOST_OWN = 0.5
"""Share of the product's own pixels that look like skin beyond which skin on it can't be told."""
LEAST_PATCH = 0.006
"""Share of the product below which a patch of skin's colour is a reflection or a print."""
HAND_ONE, HAND_ZERO = 0.04, 0.14
"""Share of the product that is skin, beyond what looks like it in the clip, which scores 1 and 0."""


def judge_hand(picture: Picture, region: ProductRegion, skin: SkinModel | None, hands: int) -> Judged:
    """Score how little of `product.png` is hand, given the number of ``hands`` that a detector finds there.

    A detected hand scores 0. Without one, abstain where the clip shows no skin or its product has that colour.
    """
    import cv2

    if hands:
        return Judged(0.0, f"{hands} hands found on the product", {"hands": float(hands)})
    if skin is None:
        return Judged(None, "the clip shows no skin to compare with")
    if skin.own > MOST_OWN:
        return Judged(None, f"{skin.own:.0%} of the product itself has the colour of skin", {"own": skin.own})
    likely = ((skin.of(picture) > SKIN) & region.mask).astype(np.uint8)
    # A patch of skin is solid; single pixels of its colour are not.
    opened = cv2.morphologyEx(likely, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(opened, connectivity=8)
    pixels = max(1, int(region.mask.sum()))
    share = sum(int(area) for area in stats[1:count, cv2.CC_STAT_AREA] if area >= LEAST_PATCH * pixels) / pixels
    beyond = max(0.0, share - skin.own) / (1 - skin.own)
    return Judged(
        ramp(beyond, HAND_ZERO, HAND_ONE),
        f"{beyond:.1%} of the product has the colour of the person's skin, beyond what has it in the clip",
        {"skin_share": share, "own": skin.own, "hands": 0.0},
    )
