"""The axis `product_same`: colours and structure of the product against the object's pixels in several frames."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.triplet.axes import Judged
from cointeract_curation.triplet.object_views import View
from cointeract_curation.triplet.ramp import ramp

Floats32 = NDArray[np.float32]

COLOURS_ZERO, COLOURS_ONE = 0.3, 0.8
"""Bhattacharyya coefficient of the colours that scores 0 and 1."""
STRUCTURE_ZERO, STRUCTURE_ONE = 0.2, 0.7
"""Correlation of the pictures that scores 0 and 1."""
CLOSEST = 4
"""How many of the views with the closest colours are compared in structure."""
ECC_ROUNDS = 25
ECC_STEP = 1e-3
ECC_BLUR = 5
LEAST_SHARED = 0.35
"""Share of the reference's pixels that a view must show as well."""
WHOLE = 0.9
"""Share of a resampled pixel from which it counts as shown."""
STEADY_LEVELS = 4.0
"""Deviation, in levels of L, below which a surface has no structure to compare."""


def judge_sameness(product: View, views: list[View]) -> Judged:
    """Score how far the product of a reference is the one in the clip's views (not empty)."""
    alike = np.array([bhattacharyya(product.colours, view.colours) for view in views])
    closest = np.argsort(-alike, kind="stable")[:CLOSEST]
    colours = float(alike[closest].mean())
    structure = max(correlation(product, views[index]) for index in closest)
    score = ramp(colours, COLOURS_ZERO, COLOURS_ONE) * ramp(structure, STRUCTURE_ZERO, STRUCTURE_ONE)
    reason = f"colours agree to {colours:.2f}, structure to {structure:.2f}"
    return Judged(float(np.sqrt(score)), reason, {"colours": colours, "structure": structure})


def bhattacharyya(first: Floats32, second: Floats32) -> float:
    """Likeness of two histograms that sum to 1: 1 for equal ones, 0 for ones that share no bin."""
    return float(np.sqrt(first.astype(np.float64) * second).sum())


def correlation(reference: View, view: View) -> float:
    """Correlation of two views, -1..1, after the second was moved by an affine map to fit."""
    import cv2

    start = np.eye(2, 3, dtype=np.float32)
    best = _correlation_at(reference, view, start)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, ECC_ROUNDS, ECC_STEP)
    try:
        _, found = cv2.findTransformECC(
            reference.lab[..., 0], view.lab[..., 0], start.copy(), cv2.MOTION_AFFINE, stop,
            view.mask.astype(np.uint8), ECC_BLUR,
        )  # fmt: skip
    except cv2.error:
        # The two don't converge: what they share as they lie is what they share.
        return best
    return max(best, _correlation_at(reference, view, found))


def _correlation_at(reference: View, view: View, place: Floats32) -> float:
    import cv2

    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = reference.mask.shape[::-1]
    moved = cv2.warpAffine(view.lab, place, size, flags=flags)
    shown = cv2.warpAffine(view.mask.astype(np.float32), place, size, flags=flags) > WHOLE
    both = shown & reference.mask
    if both.sum() < LEAST_SHARED * reference.mask.sum():
        return 0.0
    first, second = reference.lab[both].astype(np.float64), moved[both].astype(np.float64)
    # All three channels at once, each around its own mean: a print's colours count as its light and dark do.
    first, second = first - first.mean(axis=0), second - second.mean(axis=0)
    floor = STEADY_LEVELS**2 * len(first)
    return float((first * second).sum() / np.sqrt(max((first**2).sum(), floor) * max((second**2).sum(), floor)))
