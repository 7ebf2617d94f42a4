"""How well a fitted body explains what was seen, and how plausible it is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.core.stage import Score
from cointeract_curation.human.landmarks import Landmarks
from cointeract_curation.stages.body.protocol import Recovered
from cointeract_curation.stages.body.targets import make_targets


def body_scores(found: Recovered, landmarks: Landmarks) -> dict[str, Score]:
    """The scores of the stage; null where there is nothing to measure. Lengths are shares of the torso's length in pixels."""
    fit, targets = found.fit, make_targets(landmarks)
    if targets is None or not fit.fitted.any():
        names = ("reprojection", "guessed_share", "hand_reprojection", "jitter", "limit_violations", "distance_m")
        return {"body_share": 0.0, **dict.fromkeys(names), "left_hand_observed": 0.0, "right_hand_observed": 0.0}
    used = fit.fitted & targets.looked
    apart = np.linalg.norm(fit.keypoints_2d - targets.keypoints, axis=-1)[used] / targets.torso
    hands = np.linalg.norm(fit.hands_2d - targets.hands, axis=-1)[used] / targets.torso
    bends = np.linalg.norm(np.diff(fit.keypoints_2d, n=2, axis=0), axis=-1) / targets.torso
    told = targets.keypoint_weights[used] > 0
    left, right = fit.hand_observed.mean(axis=0)
    return {
        "body_share": _rounded(fit.fitted.mean()),
        "reprojection": _mean(apart[targets.keypoint_sure[used]]),
        "guessed_share": _rounded(1 - targets.keypoint_sure[used][told].mean()) if told.any() else None,
        "hand_reprojection": _mean(hands[targets.hand_weights[used] > 0]),
        "jitter": _mean(bends[np.isfinite(bends)]),
        "limit_violations": None if found.limit_violations is None else _rounded(found.limit_violations),
        "distance_m": _rounded(np.nanmedian(fit.root[:, 2])),
        "left_hand_observed": _rounded(left),
        "right_hand_observed": _rounded(right),
    }


def _mean(values: NDArray[np.floating[Any]]) -> float | None:
    return _rounded(values.mean()) if values.size else None


def _rounded(value: float | np.floating[Any]) -> float:
    return round(float(value), 5)
