"""Landmarks and a body model made up for tests of the stage `body`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.body import keypoint_labels, skeleton
from cointeract_curation.human.fit import BodyFit
from cointeract_curation.human.geometry import rotation
from cointeract_curation.human.hands import FINGERS, SIDES, rest_hand
from cointeract_curation.human.landmarks import Landmarks
from cointeract_curation.human.smplx import JOINTS, POINTS
from cointeract_curation.stages.body.rest_points import average
from cointeract_curation.stages.body.smplx import AXES, anny_bones
from cointeract_curation.stages.body.targets import BODY, FACE

VERTICES = 10475  # SMPL-X's
AROUND = 8  # vertices around each joint, whose mean it is
MOUTH = 3  # among the face detector's keypoints
NOSE_TO_MOUTH = 1.6  # how far below the eyes the mouth lies, in distances to the nose
FINGER_NAMES = ("thumb", "index", "middle", "ring", "pinky")


def landmarks_of(body: BodyFit) -> Landmarks:
    """What perfect detectors would see of a body; the torso is BlazePose's, so its points lie where the fit expects them."""
    frames, names = body.frames, list(body.keypoint_names)
    image, world = np.zeros((frames, 33, 2), np.float32), np.zeros((frames, 33, 3), np.float32)
    visibility = np.zeros((frames, 33), np.float32)
    for name, number in BODY.items():
        image[:, number] = body.keypoints_2d[:, names.index(name)]
        world[:, number] = body.keypoints_3d[:, names.index(name)]
        visibility[:, number] = 1
    face = np.zeros((frames, 6, 2), np.float32)
    for name, number in FACE.items():
        face[:, number] = body.keypoints_2d[:, names.index(name)]
    eyes = (face[:, FACE["right_eye"]] + face[:, FACE["left_eye"]]) / 2
    face[:, MOUTH] = eyes + NOSE_TO_MOUTH * (face[:, FACE["nose"]] - eyes)
    ones = np.ones(frames, np.uint8)
    return Landmarks(
        size=np.array(body.size, np.int32),
        looked=np.ones(frames, bool),
        face_box=np.zeros((frames, 4), np.float32),
        face_keypoints=face,
        face_source=ones,
        hand_box=np.zeros((frames, 2, 4), np.float32),
        hand_image=body.hands_2d,
        hand_world=body.hands_3d,
        hand_source=np.ones((frames, 2), np.uint8),
        body_image=image,
        body_world=world,
        body_visibility=visibility,
        body_source=ones,
    )


def write_smplx(folder: Path, vertices: int = VERTICES) -> Path:
    """A model file with SMPL-X's arrays and joint tree, whose bones are those of the average Anny body with its arms stretched out.

    Its first beta makes the body larger by a twentieth. Skin is a few points around each joint, and the model's named points.
    """
    rest, _ = average()
    places = {name: rest.heads[skeleton().bone(bones[0])] for name, bones in anny_bones().items()}
    owners = {name: name for name in places}
    keypoints = rest.keypoint_weights.astype(float) @ rest.vertices
    for name, place in zip(keypoint_labels(), keypoints, strict=True):
        if name in POINTS:
            places[name] = place
            owners[name] = f"{name.split('_')[0]}_foot" if name.endswith(("toe", "heel")) else "head"
    for side in SIDES:
        for finger, name in zip(FINGERS, FINGER_NAMES, strict=True):
            places[f"{side}_{name}"] = rest.vertices[rest_hand(rest, side).tips[finger]].mean(axis=0)
            owners[f"{side}_{name}"] = f"{side}_{name}3"
    for side in SIDES:
        shoulder = places[f"{side}_shoulder"]
        right, _, up = places[f"{side}_elbow"] - shoulder
        stretch = rotation(np.array([0.0, 1.0, 0.0]), np.arctan2(up, abs(right)) * np.sign(right))
        places = {
            name: shoulder + stretch @ (place - shoulder) if in_arm(owners[name], side) else place
            for name, place in places.items()
        }
    return _write(folder, vertices, places, owners)


def in_arm(joint: str, side: str) -> bool:
    """Whether a joint moves with the upper arm of a side."""
    return joint.startswith(side) and any(part in joint for part in ("shoulder", "elbow", "wrist", *FINGER_NAMES))


def _write(
    folder: Path,
    vertices: int,
    places: dict[str, NDArray[np.float64]],
    owners: dict[str, str],
) -> Path:
    generator = np.random.default_rng(0)
    named = {number: name for name, number in POINTS.items()}
    owner = np.arange(vertices) % len(JOINTS)
    template = np.array([places[JOINTS[joint]] for joint in owner]) + generator.normal(0, 0.01, (vertices, 3))
    regressor = np.zeros((len(JOINTS), vertices))
    for joint, name in enumerate(JOINTS):
        mine = [index for index in np.flatnonzero(owner == joint) if index not in named][:AROUND]
        template[mine] += places[name] - template[mine].mean(axis=0)
        regressor[joint, mine] = 1 / AROUND
    for number, name in named.items():
        if number < vertices:
            owner[number], template[number] = JOINTS.index(owners[name]), places[name]
    template = template @ AXES  # from Anny's rest axes to SMPL-X's
    directions = np.zeros((vertices, 3, 20))
    directions[..., 0] = template / 20
    faces = np.arange(vertices - vertices % len(JOINTS)).reshape(-1, len(JOINTS))
    triangles = np.stack([faces[:-2], faces[1:-1], faces[2:]], axis=-1).reshape(-1, 3)
    parents = np.array([_parent(name) for name in JOINTS], np.int64)
    path = folder / "smplx" / "SMPLX_NEUTRAL.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(
        path, v_template=template, shapedirs=directions, posedirs=np.zeros((vertices, 3, 486)), J_regressor=regressor,
        weights=np.eye(len(JOINTS))[owner], kintree_table=np.stack([parents % 2**32, np.arange(len(JOINTS))]),
        f=triangles.astype(np.uint32),
    )  # fmt: skip
    return path


def _parent(joint: str) -> int:
    """The parent of a joint in SMPL-X's tree; -1 of the pelvis."""
    side, _, part = joint.partition("_")
    chains: dict[str, str] = {
        "spine1": "pelvis", "spine2": "spine1", "spine3": "spine2", "neck": "spine3", "head": "neck", "jaw": "head",
        "left_eye_smplhf": "head", "right_eye_smplhf": "head",
    }  # fmt: skip
    limbs = {
        "hip": "pelvis", "knee": f"{side}_hip", "ankle": f"{side}_knee", "foot": f"{side}_ankle", "collar": "spine3",
        "shoulder": f"{side}_collar", "elbow": f"{side}_shoulder", "wrist": f"{side}_elbow",
    }  # fmt: skip
    if joint == "pelvis":
        return -1
    if joint in chains:
        return JOINTS.index(chains[joint])
    if part in limbs:
        return JOINTS.index(limbs[part])
    before = int(part[-1]) - 1
    return JOINTS.index(f"{side}_{part[:-1]}{before}" if before else f"{side}_wrist")
