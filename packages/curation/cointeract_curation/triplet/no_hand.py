"""The axis `no_hand`: nothing of the clip's skin is left on the product."""

from __future__ import annotations

import numpy as np

from cointeract_curation.triplet.axes import Judged
from cointeract_curation.triplet.clip import Picture
from cointeract_curation.triplet.product_region import ProductRegion
from cointeract_curation.triplet.ramp import ramp
from cointeract_curation.triplet.skin import SkinModel

SKIN = 0.7
"""Probability from which a pixel is taken for skin."""
LEAST_SEPARABLE = 0.35
"""How far skin and product must differ in colour for the check to say anything."""
LEAST_PATCH = 0.006
"""Share of the product below which a patch of skin's colour is a reflection or a print."""
HAND_ONE, HAND_ZERO = 0.02, 0.15
"""Share of the product that is skin which scores 1 and 0."""


def judge_hand(picture: Picture, region: ProductRegion, skin: SkinModel | None, hands: int) -> Judged:
    """Score how little of `product.png` is hand, given the number of ``hands`` that a detector finds there.

    A detected hand scores 0. Without one, abstain where the clip shows no skin or its product has that colour.
    """
    import cv2

    if hands:
        return Judged(0.0, f"{hands} hands found on the product", {"hands": float(hands)})
    if skin is None:
        return Judged(None, "the clip shows no skin to compare with")
    if skin.separable < LEAST_SEPARABLE:
        return Judged(
            None, f"product and skin are alike in colour ({skin.separable:.2f})", {"separable": skin.separable}
        )
    likely = ((skin.of(picture) > SKIN) & region.mask).astype(np.uint8)
    # A patch of skin is solid; single pixels of its colour are not.
    opened = cv2.morphologyEx(likely, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(opened, connectivity=8)
    pixels = max(1, int(region.mask.sum()))
    patches = [int(area) for area in stats[1:count, cv2.CC_STAT_AREA] if area >= LEAST_PATCH * pixels]
    share = sum(patches) / pixels
    return Judged(
        ramp(share, HAND_ZERO, HAND_ONE),
        f"{share:.1%} of the product has the colour of the person's skin",
        {"skin_share": share, "separable": skin.separable},
    )
