"""The true body of a stretch of rendered footage, in the form in which curation stores a fitted one."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cointeract_curation.human.body import heads_of, keypoint_labels, rest_body, skeleton
from cointeract_curation.human.fit import BodyFit
from cointeract_curation.synth.truth import Truth


def true_body(truth_path: Path, first: int, frames: int) -> BodyFit:
    """The body without clothes and facial actions in frames ``first`` to ``first + frames - 1``, which lie in one shot.

    Raises:
        ValueError: the frames reach over a cut or lie in a shot without a person.
    """
    truth = Truth.load(truth_path)
    shots = {truth.frames[index].shot for index in range(first, first + frames)}
    if len(shots) != 1:
        raise ValueError(f"frames {first} to {first + frames - 1} reach over a cut: shots {sorted(shots)}")
    number = shots.pop()
    shot = truth.shots[number]
    if shot.phenotype is None:
        raise ValueError(f"shot {number} ({shot.label}) has no person")
    folder = truth_path.parent / truth.arrays
    span = slice(first - shot.start_frame, first - shot.start_frame + frames)
    poses = [truth.frames[index].camera for index in range(first, first + frames)]
    turn = np.array([pose.rotation for pose in poses])
    move = np.array([pose.translation for pose in poses])
    with np.load(folder / f"mesh_{number}.npz") as mesh:
        rotations = np.einsum("tab,tjbc->tjac", turn, mesh["rotations"][span]).astype(np.float32)
        root = (np.einsum("tab,tb->ta", turn, mesh["root"][span]) + move).astype(np.float32)
    with np.load(folder / "joints.npz") as joints:
        world = {name: joints[f"{name}_3d"][first : first + frames] for name in ("keypoints", "hands")}
        pixels = {name: joints[f"{name}_2d"][first : first + frames] for name in ("keypoints", "hands", "bones")}
    local = {
        name: (np.einsum("tab,t...b->t...a", turn, points) + move.reshape(frames, *[1] * (points.ndim - 2), 3)).astype(
            np.float32
        )
        for name, points in world.items()
    }
    rest = rest_body(shot.phenotype)
    return BodyFit(
        model="anny",
        size=(truth.width, truth.height),
        focal=shot.focal,
        centre=shot.centre,
        fitted=np.ones(frames, dtype=bool),
        shape_names=tuple(shot.phenotype),
        shape=np.array(list(shot.phenotype.values()), np.float32),
        rotations=rotations,
        root=root,
        joint_names=skeleton().bones,
        joints_3d=heads_of(rest, rotations, root).astype(np.float32),
        joints_2d=pixels["bones"],
        keypoint_names=keypoint_labels(),
        keypoints_3d=local["keypoints"],
        keypoints_2d=pixels["keypoints"],
        hands_3d=local["hands"],
        hands_2d=pixels["hands"],
        hand_observed=np.ones((frames, 2), np.float32),
    )
