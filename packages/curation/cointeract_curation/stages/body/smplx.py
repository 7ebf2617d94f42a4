"""SMPL-X parameters for users who have its model file: Anny's fit, carried over bone by bone.

Both models have the same joints, so the bones of SMPL-X take the directions that the fit found; its betas make its bones as long.
That keeps one fit to landmarks for both, and costs a third of a second. What the models call rest differs (arms hang in Anny's, are
stretched out in SMPL-X's), so each bone is turned first from the one rest direction to the other by the smallest rotation.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.body import rest_body, skeleton
from cointeract_curation.human.fit import BodyFit
from cointeract_curation.human.landmarks import Landmarks
from cointeract_curation.human.smplx import BETAS, JOINTS, POINTS, SmplxModel, load_smplx, model_file
from cointeract_curation.media.frames import Frames
from cointeract_curation.stages.body.anny import AnnyRecoverer
from cointeract_curation.stages.body.config import BodyConfig
from cointeract_curation.stages.body.protocol import Recovered
from cointeract_curation.stages.body.start import Camera

Floats = NDArray[np.float64]

AXES = np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]])
"""From SMPL-X's rest axes (y up, facing +z) to Anny's (z up, facing -y)."""
BETA_SPREAD = 1.0  # betas are in standard deviations of people
LENGTH_SPREAD = 0.01  # metres: how far a bone's length may be off
_NUMBER = {"thumb": 1, "index": 2, "middle": 3, "ring": 4, "pinky": 5}


def anny_bones() -> dict[str, tuple[str, ...]]:
    """The bones of Anny whose orientation a joint of SMPL-X takes: of two, the middle."""
    bones: dict[str, tuple[str, ...]] = {
        "pelvis": ("root",), "spine1": ("spine04",), "spine2": ("spine03",), "spine3": ("spine01",), "neck": ("neck02",),
        "head": ("head",), "jaw": ("head",), "left_eye_smplhf": ("head",), "right_eye_smplhf": ("head",),
    }  # fmt: skip
    for side, end in (("left", "L"), ("right", "R")):
        bones |= {
            f"{side}_collar": (f"clavicle.{end}",),
            f"{side}_shoulder": (f"upperarm01.{end}",),
            # Anny's forearm turns in its second half, SMPL-X's has one bone
            f"{side}_elbow": (f"lowerarm01.{end}", f"lowerarm02.{end}"),
            f"{side}_wrist": (f"wrist.{end}",),
            f"{side}_hip": (f"upperleg01.{end}",),
            f"{side}_knee": (f"lowerleg01.{end}",),
            f"{side}_ankle": (f"foot.{end}",),
            f"{side}_foot": (f"foot.{end}",),
        }
        for finger, number in _NUMBER.items():
            bones |= {f"{side}_{finger}{part}": (f"finger{number}-{part}.{end}",) for part in (1, 2, 3)}
    return bones


def _ends() -> dict[str, tuple[tuple[str, str], ...]]:
    """For joints that are turned from one rest to the other: joints of SMPL-X and heads of Anny that the bone leads to."""
    ends: dict[str, tuple[tuple[str, str], ...]] = {}
    for side, end in (("left", "L"), ("right", "R")):
        ends |= {
            f"{side}_collar": ((f"{side}_shoulder", f"upperarm01.{end}"),),
            f"{side}_shoulder": ((f"{side}_elbow", f"lowerarm01.{end}"),),
            f"{side}_elbow": ((f"{side}_wrist", f"wrist.{end}"),),
            f"{side}_wrist": tuple(
                (f"{side}_{finger}1", f"finger{number}-1.{end}") for finger, number in _NUMBER.items() if number > 1
            ),
            f"{side}_hip": ((f"{side}_knee", f"lowerleg01.{end}"),),
            f"{side}_knee": ((f"{side}_ankle", f"foot.{end}"),),
        }
        for finger, number in _NUMBER.items():
            for part in (1, 2):
                ends[f"{side}_{finger}{part}"] = ((f"{side}_{finger}{part + 1}", f"finger{number}-{part + 1}.{end}"),)
            ends[f"{side}_{finger}3"] = ends[f"{side}_{finger}2"]  # the last bone goes on straight
    return ends


# Pairs of joints whose distance a body's shape is told by
_LENGTHS = (
    ("left_shoulder", "left_elbow"), ("left_elbow", "left_wrist"), ("right_shoulder", "right_elbow"),
    ("right_elbow", "right_wrist"), ("left_shoulder", "right_shoulder"), ("left_hip", "right_hip"),
    ("left_hip", "left_knee"), ("left_knee", "left_ankle"), ("right_hip", "right_knee"), ("right_knee", "right_ankle"),
    ("left_shoulder", "left_hip"), ("right_shoulder", "right_hip"), ("left_shoulder", "head"), ("right_shoulder", "head"),
    ("left_wrist", "left_middle1"), ("right_wrist", "right_middle1"),
)  # fmt: skip
# Joints that mean the same in both models: the body is put where these lie best. (The neck's isn't one: SMPL-X's lies lower.)
_ANCHORS = ("left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist", "head")
_KEYPOINT_JOINTS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
_HAND_ORDER = ("thumb", "index", "middle", "ring", "pinky")


class SmplxRecoverer:
    """Recovers SMPL-X parameters; see the module."""

    def __init__(self, config: BodyConfig) -> None:
        assert config.smplx_dir is not None  # the configuration is checked
        self._path = model_file(config.smplx_dir, config.smplx_gender)
        self._model = load_smplx(self._path)
        self._anny = AnnyRecoverer(config)

    def recover(self, frames: Frames, landmarks: Landmarks) -> Recovered:
        """See `BodyRecoverer`. Limits of joints are those of the fit that was carried over."""
        found = self._anny.recover(frames, landmarks)
        return Recovered(carry_over(found.fit, self._model, self._path), found.limit_violations)


def carry_over(anny: BodyFit, model: SmplxModel, path: Path) -> BodyFit:
    """The fit of an Anny body as one of SMPL-X."""
    shape = dict(zip(anny.shape_names, (float(value) for value in anny.shape), strict=True))
    heads = rest_body(shape).heads
    betas = fit_betas(model, heads)
    joints = model.rest_joints(betas)
    turned = global_rotations(anny.rotations.astype(np.float64), heads, joints)
    relative = turned.copy()
    for joint, parent in enumerate(model.parents):
        if parent >= 0:
            relative[:, joint] = np.swapaxes(turned[:, parent], 1, 2) @ turned[:, joint]
    _, placed = model.place_joints(relative, np.zeros((anny.frames, 3)), joints)
    bones = anny_bones()
    anchors = [JOINTS.index(name) for name in _ANCHORS]
    there = anny.joints_3d[:, [skeleton().bone(bones[name][0]) for name in _ANCHORS]]
    root = (there - placed[:, anchors]).mean(axis=1)
    placed = placed + root[:, None]
    keypoints, hands = _points(model, anny, betas, relative, root, placed)
    camera = Camera(anny.focal, anny.centre)
    return dataclasses.replace(
        anny,
        model="smplx",
        model_file=str(path.absolute()),
        shape_names=tuple(f"beta{number}" for number in range(BETAS)),
        shape=betas.astype(np.float32),
        rotations=relative.astype(np.float32),
        root=root.astype(np.float32),
        joint_names=JOINTS,
        joints_3d=placed.astype(np.float32),
        joints_2d=camera.project(placed.astype(np.float32)),
        keypoints_3d=keypoints,
        keypoints_2d=camera.project(keypoints),
        hands_3d=hands,
        hands_2d=camera.project(hands),
    )


def fit_betas(model: SmplxModel, heads: Floats) -> Floats:
    """(B,) the shape whose bones are as long as those between Anny's rest heads (J, 3)."""
    from scipy.optimize import least_squares

    bones = anny_bones()
    wanted = np.array(
        [
            np.linalg.norm(heads[skeleton().bone(bones[first][0])] - heads[skeleton().bone(bones[second][0])])
            for first, second in _LENGTHS
        ]
    )
    begin, end = np.array([[JOINTS.index(name) for name in pair] for pair in _LENGTHS]).T

    def apart(betas: Floats) -> Floats:
        joints = model.rest_joints(betas)
        lengths = np.linalg.norm(joints[end] - joints[begin], axis=1)
        return np.concatenate([(lengths - wanted) / LENGTH_SPREAD, betas / BETA_SPREAD])

    return np.asarray(least_squares(apart, np.zeros(BETAS)).x)


def global_rotations(anny: Floats, heads: Floats, joints: Floats) -> Floats:
    """(T, J, 3, 3) from SMPL-X's rest axes to the camera, of Anny's rotations (T, bones, 3, 3), both at rest with their joints."""
    from scipy.spatial.transform import Rotation

    bone, ends = skeleton().bone, _ends()
    turned = np.empty((len(anny), len(JOINTS), 3, 3))
    for number, name in enumerate(JOINTS):
        sources = [anny[:, bone(source)] for source in anny_bones()[name]]
        own = sources[0]
        if len(sources) > 1:
            step = Rotation.from_matrix(np.nan_to_num(np.swapaxes(own, 1, 2) @ sources[1]) + _identity(own)).as_rotvec()
            own = own @ Rotation.from_rotvec(step / 2).as_matrix()
        align = np.eye(3)
        if name in ends:
            origin = joints[number]
            source = heads[bone(anny_bones()[name][0])]
            if name.endswith("3"):  # along the bone before
                origin, source = joints[number - 1], heads[bone(anny_bones()[name][0]) - 1]
            here = np.array([joints[JOINTS.index(far)] - origin for far, _ in ends[name]]) @ AXES.T
            wanted = np.array([heads[bone(far)] - source for _, far in ends[name]])
            align = _smallest_turn(here, wanted)
        turned[:, number] = own @ align @ AXES
    return turned


def _identity(rotations: Floats) -> Floats:
    """Unit matrices where rotations are NaN (frames without a body), else zeros."""
    return np.where(np.isnan(rotations).any(axis=(1, 2))[:, None, None], np.eye(3), 0.0)


def _smallest_turn(here: Floats, wanted: Floats) -> Floats:
    """The rotation (3, 3) that brings vectors (N, 3) onto others; of one vector, the smallest of them."""
    from scipy.spatial.transform import Rotation

    if len(here) > 1:
        return np.asarray(Rotation.align_vectors(wanted, here)[0].as_matrix())
    first, second = here[0] / np.linalg.norm(here[0]), wanted[0] / np.linalg.norm(wanted[0])
    axis = np.cross(first, second)
    sine = float(np.linalg.norm(axis))
    if sine == 0:
        return np.eye(3)
    return np.asarray(Rotation.from_rotvec(axis / sine * np.arctan2(sine, first @ second)).as_matrix())


def _points(
    model: SmplxModel, anny: BodyFit, betas: Floats, rotations: Floats, root: Floats, placed: Floats
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """COCO keypoints (T, K, 3) and hands (T, 2, 21, 3), from joints and named vertices."""
    skin = model.vertices(betas, rotations, root)[:, list(POINTS.values())]
    places = dict(zip(POINTS, np.moveaxis(skin, 1, 0), strict=True))
    places |= {
        name: placed[:, number].astype(np.float32)
        for number, name in enumerate(JOINTS)
        if name.split("_")[-1] in _KEYPOINT_JOINTS
    }
    keypoints = np.stack([places[name] for name in anny.keypoint_names], axis=1)
    hands = [
        [
            placed[:, JOINTS.index(f"{side}_wrist")],
            *(
                place
                for finger in _HAND_ORDER
                for place in (
                    *(placed[:, JOINTS.index(f"{side}_{finger}{part}")] for part in (1, 2, 3)),
                    places[f"{side}_{finger}"],
                )
            ),
        ]
        for side in ("left", "right")
    ]
    return keypoints.astype(np.float32), np.stack([np.stack(hand, axis=1) for hand in hands], axis=1).astype(np.float32)
