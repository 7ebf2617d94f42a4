"""Fitting the Anny body model to landmarks: all frames of a clip at once, on the skeleton and a few points of the skin."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.body import heads_of, keypoint_labels, rest_body, skeleton
from cointeract_curation.human.fit import BodyFit
from cointeract_curation.human.landmarks import Landmarks
from cointeract_curation.media.frames import Frames
from cointeract_curation.stages.body.config import BodyConfig
from cointeract_curation.stages.body.joints import limit_violations
from cointeract_curation.stages.body.problem import PosedPoints, Problem
from cointeract_curation.stages.body.protocol import Recovered
from cointeract_curation.stages.body.rest_points import AVERAGE, SHAPE, measure, phenotype
from cointeract_curation.stages.body.start import Camera, start
from cointeract_curation.stages.body.tables import Tables
from cointeract_curation.stages.body.targets import SOURCE_TRUST, make_targets

Floats32 = NDArray[np.float32]


class AnnyRecoverer:
    """Recovers a body from landmarks alone; the model comes inside of its package."""

    def __init__(self, config: BodyConfig) -> None:
        self._config = config
        self._tables = Tables()

    def recover(self, frames: Frames, landmarks: Landmarks) -> Recovered:
        """See `BodyRecoverer`. First with a linear change of the average person's shape, then on that person's own skeleton."""
        del frames  # what they show is in the landmarks
        width, height = (int(side) for side in landmarks.size)
        camera = Camera(self._config.focal * max(width, height), (width / 2, height / 2))
        targets = make_targets(landmarks)
        if targets is None:
            return Recovered(_nobody(landmarks, camera), None)
        problem = Problem(self._tables, targets, camera, self._config)
        variables = problem.begin(start(landmarks, self._tables.rest, self._tables.joints), targets)
        problem.descend(variables, self._config.steps_with_shape, None)
        shape = phenotype(dict(zip(SHAPE, problem.shape_change(variables), strict=True)))
        person = measure(rest_body(shape))
        problem.descend(variables, self._config.steps, person)
        fit = _result(shape, problem.pose(variables, person), targets.seen, landmarks, camera)
        return Recovered(fit, limit_violations(fit, self._tables.joints))


def _nobody(landmarks: Landmarks, camera: Camera) -> BodyFit:
    """A fit without a fitted frame."""
    frames, bones, keypoints = landmarks.frames, skeleton().bones, keypoint_labels()

    def nothing(*tail: int) -> Floats32:
        return np.full((frames, *tail), np.nan, np.float32)

    return BodyFit(
        model="anny",
        size=(int(landmarks.size[0]), int(landmarks.size[1])),
        focal=camera.focal,
        centre=camera.centre,
        fitted=np.zeros(frames, dtype=bool),
        shape_names=tuple(AVERAGE),
        shape=np.array(list(AVERAGE.values()), np.float32),
        rotations=nothing(len(bones), 3, 3),
        root=nothing(3),
        joint_names=bones,
        joints_3d=nothing(len(bones), 3),
        joints_2d=nothing(len(bones), 2),
        keypoint_names=keypoints,
        keypoints_3d=nothing(len(keypoints), 3),
        keypoints_2d=nothing(len(keypoints), 2),
        hands_3d=nothing(2, 21, 3),
        hands_2d=nothing(2, 21, 2),
        hand_observed=np.zeros((frames, 2), np.float32),
    )


def _result(
    shape: dict[str, float], posed: PosedPoints, fitted: NDArray[np.bool_], landmarks: Landmarks, camera: Camera
) -> BodyFit:
    def kept(values: Floats32) -> Floats32:
        values = values.copy()
        values[~fitted] = np.nan
        return values

    rotations, root, keypoints, hands = (
        kept(points.detach().numpy()) for points in (posed.rotations, posed.heads[:, 0], posed.keypoints, posed.hands)
    )
    heads = heads_of(rest_body(shape), rotations, root).astype(np.float32)
    return BodyFit(
        model="anny",
        size=(int(landmarks.size[0]), int(landmarks.size[1])),
        focal=camera.focal,
        centre=camera.centre,
        fitted=fitted,
        shape_names=tuple(shape),
        shape=np.array(list(shape.values()), np.float32),
        rotations=rotations,
        root=root,
        joint_names=skeleton().bones,
        joints_3d=heads,
        joints_2d=camera.project(heads),
        keypoint_names=keypoint_labels(),
        keypoints_3d=keypoints,
        keypoints_2d=camera.project(keypoints),
        hands_3d=hands,
        hands_2d=camera.project(hands),
        hand_observed=np.where(fitted[:, None], SOURCE_TRUST[landmarks.hand_source], 0.0).astype(np.float32),
    )
