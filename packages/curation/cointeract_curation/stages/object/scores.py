"""How much of an object was found, and how steadily."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.core.stage import Score
from cointeract_curation.stages.object.contact import Contacts
from cointeract_curation.stages.object.protocol import Segmented

DECIMALS = 5


def object_scores(found: Segmented, contacts: Contacts) -> dict[str, Score]:
    """The scores of the stage; null where there is nothing to measure."""
    seen = found.masks.any(axis=(1, 2))
    touching = contacts.touching
    return {
        "object_share": _rounded(seen.mean()) if seen.size else 0.0,
        "object_area": _rounded(np.median(found.masks[seen].mean(axis=(1, 2)))) if seen.any() else None,
        "stability": stability(found.masks),
        "confidence": _rounded(found.confidence[seen].mean()) if seen.any() else None,
        "left_contact_share": _rounded(touching[:, 0].mean()) if seen.size else 0.0,
        "right_contact_share": _rounded(touching[:, 1].mean()) if seen.size else 0.0,
        "any_contact_share": _rounded(touching.any(axis=1).mean()) if seen.size else 0.0,
    }


def stability(masks: NDArray[np.bool_]) -> float | None:
    """Mean overlap (intersection over union) of the masks of neighbouring frames, moved onto each other by their middles.

    None where no two neighbouring frames have a mask.
    """
    overlaps = [_overlap(before, after) for before, after in pairwise(masks) if before.any() and after.any()]
    return _rounded(float(np.mean(overlaps))) if overlaps else None


def _overlap(before: NDArray[np.bool_], after: NDArray[np.bool_]) -> float:
    first, second = np.argwhere(before), np.argwhere(after)
    shift = np.round(second.mean(axis=0) - first.mean(axis=0)).astype(int)
    moved = first + shift
    inside = (moved >= 0).all(axis=1) & (moved < after.shape).all(axis=1)
    common = np.count_nonzero(after[moved[inside, 0], moved[inside, 1]])
    return float(common / (len(first) + len(second) - common))


def _rounded(value: float | np.floating) -> float:  # type: ignore[type-arg]
    return round(float(value), DECIMALS)
