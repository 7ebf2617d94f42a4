"""Whether there is an object at all, and in which frames it is seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.object.config import ObjectConfig
from cointeract_curation.stages.object.evidence import Evidence

Floats32 = NDArray[np.float32]

HALF = 0.5


def keep_present(maps: Floats32, evidence: Evidence, config: ObjectConfig) -> Floats32:
    """(T,) certainty of each frame's mask, 0 where it is too unsure or too small; all 0 where too few frames show an object.

    ``maps`` (T, h, w) are probabilities, 0 outside of the object's regions.
    """
    inside = maps > HALF
    area = inside.sum(axis=(1, 2))
    certain = (maps * inside).sum(axis=(1, 2)) / np.maximum(area, 1)
    palm = float(np.nanmedian(evidence.hands.size)) if evidence.hands.present.any() else np.inf
    present = (certain >= config.present_certainty) & (area >= config.present_area * palm * palm)
    if present.mean() < config.present_frames:
        present[:] = False
    return np.where(present, certain, 0).astype(np.float32)
