"""How well a fitted body explains what was seen, and how plausible it is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.core.stage import Score
from cointeract_curation.human.fit import BodyFit
from cointeract_curation.human.landmarks import Landmarks
from cointeract_curation.stages.body.joints import Joint
from cointeract_curation.stages.body.targets import make_targets

SLACK = 0.1  # radians beyond a limit that nobody sees


def body_scores(fit: BodyFit, landmarks: Landmarks, joints: list[Joint]) -> dict[str, Score]:
    """The scores of the stage; null where there is nothing to measure. Lengths are shares of the torso's length in pixels."""
    targets = make_targets(landmarks)
    if targets is None or not fit.fitted.any():
        names = ("reprojection", "hand_reprojection", "jitter", "limit_violations", "distance_m")
        return {"body_share": 0.0, **dict.fromkeys(names), "left_hand_observed": 0.0, "right_hand_observed": 0.0}
    used = fit.fitted & targets.looked
    apart = np.linalg.norm(fit.keypoints_2d - targets.keypoints, axis=-1)[used] / targets.torso
    hands = np.linalg.norm(fit.hands_2d - targets.hands, axis=-1)[used] / targets.torso
    bends = np.linalg.norm(np.diff(fit.keypoints_2d, n=2, axis=0), axis=-1) / targets.torso
    left, right = fit.hand_observed.mean(axis=0)
    return {
        "body_share": _rounded(fit.fitted.mean()),
        "reprojection": _mean(apart[targets.keypoint_weights[used] > 0]),
        "hand_reprojection": _mean(hands[targets.hand_weights[used] > 0]),
        "jitter": _mean(bends[np.isfinite(bends)]),
        "limit_violations": _violations(fit, joints),
        "distance_m": _rounded(np.nanmedian(fit.root[:, 2])),
        "left_hand_observed": _rounded(left),
        "right_hand_observed": _rounded(right),
    }


def _violations(fit: BodyFit, joints: list[Joint]) -> float:
    """Share of all limited joints and fitted frames in which the joint bends further than it can."""
    from scipy.spatial.transform import Rotation

    from cointeract_curation.human.body import skeleton

    beyond = []
    for joint in joints:
        if joint.limits is None:
            continue
        bone = skeleton().bone(joint.bones[0])
        own, parent = fit.rotations[fit.fitted, bone], fit.rotations[fit.fitted, skeleton().parents[bone]]
        angle = Rotation.from_matrix(np.swapaxes(parent, 1, 2) @ own).as_rotvec() @ joint.axis
        beyond.append((angle < joint.limits[0] - SLACK) | (angle > joint.limits[1] + SLACK))
    return _rounded(np.mean(beyond))


def _mean(values: NDArray[np.floating[Any]]) -> float | None:
    return _rounded(values.mean()) if values.size else None


def _rounded(value: float | np.floating[Any]) -> float:
    return round(float(value), 5)
