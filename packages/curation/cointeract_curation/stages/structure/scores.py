"""The numbers that the policy decides on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cointeract_curation.core.stage import Score
from cointeract_curation.stages.structure.fidelity import Fidelity

DECIBEL_DECIMALS = 2
SHARE_DECIMALS = 5


def structure_scores(body: Sequence[float], objects: Sequence[float], fidelity: Fidelity) -> dict[str, Score]:
    """All scores of a clip. docs/reference/structure.md says what each means.

    Args:
        body: for each frame the share of its pixels that the body covers, if nothing stood before it.
        objects: for each frame the share that shows the object.
        fidelity: of the stored video.
    """
    return {
        "body_share": _share(body),
        "body_area": _area(body),
        "object_share": _share(objects),
        "object_area": _area(objects),
        "psnr_db": _decibels(fidelity.all),
        "psnr_shown_db": _decibels(fidelity.shown),
        "psnr_object_db": _decibels(fidelity.object),
    }


def _share(areas: Sequence[float]) -> float:
    return round(float(np.mean(np.asarray(areas) > 0)), SHARE_DECIMALS)


def _area(areas: Sequence[float]) -> float | None:
    there = [area for area in areas if area > 0]
    return round(float(np.median(there)), SHARE_DECIMALS) if there else None


def _decibels(value: float | None) -> float | None:
    return None if value is None else round(value, DECIBEL_DECIMALS)
