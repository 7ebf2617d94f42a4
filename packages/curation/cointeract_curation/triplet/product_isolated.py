"""The axis `product_isolated`: one piece on white that fills a plausible part of the picture."""

from __future__ import annotations

from cointeract_curation.triplet.axes import Judged
from cointeract_curation.triplet.product_region import ProductRegion
from cointeract_curation.triplet.ramp import ramp

RIM_ZERO, RIM_ONE = 0.8, 0.98
"""White share of the border that scores 0 and 1."""
PIECE_ZERO, PIECE_ONE = 0.5, 0.95
"""Share of the largest piece that scores 0 and 1."""
AREA_ZERO, AREA_ONE = 0.001, 0.006
"""Share of the picture that the product fills: below the first nothing can be seen. A brush fills 0.01."""
AREA_MOST_ONE, AREA_MOST_ZERO = 0.7, 0.95
"""Above the second it is the whole picture, not a product on white."""


def judge_isolation(region: ProductRegion) -> Judged:
    """Score how far a picture shows one thing on white."""
    parts = {
        "white_rim": ramp(region.white_rim, RIM_ZERO, RIM_ONE),
        "one_piece": ramp(region.largest_piece, PIECE_ZERO, PIECE_ONE),
        "area": ramp(region.area, AREA_ZERO, AREA_ONE) * ramp(region.area, AREA_MOST_ZERO, AREA_MOST_ONE),
    }
    worst = min(parts, key=lambda name: parts[name])
    reasons = {
        "white_rim": f"{region.white_rim:.0%} of the border is white",
        "one_piece": f"the largest piece holds {region.largest_piece:.0%} of the product",
        "area": f"the product fills {region.area:.1%} of the picture",
    }
    measured = {"white_rim": region.white_rim, "largest_piece": region.largest_piece, "area": region.area}
    return Judged(min(parts.values()), reasons[worst], dict(measured))
