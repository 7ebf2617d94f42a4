"""The SMPL-X body model (Pavlakos et al. 2019), from the user's own model file: joints, posing and skinning.

The `smplx` package isn't needed, only `SMPLX_NEUTRAL.npz` (or FEMALE, MALE), which its authors give to registered users for research that
isn't commercial. Rest frame of the model: metres, y up, facing +z, the left hand at +x. A pose is a rotation of each joint relative to its
parent; joint 0's is the rotation from the rest frame to the camera.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.core.errors import ConfigurationError, UnusableInputError
from cointeract_curation.human.fit import BodyFit
from cointeract_curation.human.parts import Part

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

BETAS = 10
"""Shape components that are fitted, the first ones of a file's 20 or more."""
_FINGERS = ("index", "middle", "pinky", "ring", "thumb")
JOINTS = (
    "pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2", "left_ankle", "right_ankle", "spine3",
    "left_foot", "right_foot", "neck", "left_collar", "right_collar", "head", "left_shoulder", "right_shoulder", "left_elbow",
    "right_elbow", "left_wrist", "right_wrist", "jaw", "left_eye_smplhf", "right_eye_smplhf",
    *(f"{side}_{finger}{part}" for side in ("left", "right") for finger in _FINGERS for part in (1, 2, 3)),
)  # fmt: skip
# Vertices that stand for points without a joint (the model's published list)
POINTS = {
    "nose": 9120, "right_eye": 9929, "left_eye": 9448, "right_ear": 616, "left_ear": 6,
    "right_thumb": 8079, "right_index": 7669, "right_middle": 7794, "right_ring": 7905, "right_pinky": 8022,
    "left_thumb": 5361, "left_index": 4933, "left_middle": 5058, "left_ring": 5169, "left_pinky": 5286,
    "left_big_toe": 5770, "left_small_toe": 5780, "left_heel": 8846, "right_big_toe": 8463, "right_small_toe": 8474,
    "right_heel": 8635,
}  # fmt: skip
_ARRAYS = {"v_template": 2, "shapedirs": 3, "posedirs": 3, "J_regressor": 2, "weights": 2, "kintree_table": 2, "f": 2}
_HEAD = tuple(JOINTS.index(name) for name in ("head", "jaw", "left_eye_smplhf", "right_eye_smplhf"))


def model_file(folder: Path, gender: str) -> Path:
    """Where the model lies, as the `smplx` package lays out its folder: ``FOLDER/smplx/SMPLX_NEUTRAL.npz``.

    Raises:
        ConfigurationError: it isn't there; the message says what is expected where.
    """
    path = folder / "smplx" / f"SMPLX_{gender.upper()}.npz"
    if not path.is_file():
        raise ConfigurationError(
            f"body.backend smplx needs the SMPL-X model file {path.absolute()}, which isn't there. Register at smpl-x.is.tue.mpg.de, "
            "download SMPL-X (npz), unpack it so that the file lies at that path, or set body.smplx_dir to the folder "
            "that holds the folder smplx; body.backend=anny needs no file"
        )
    return path


@functools.lru_cache(maxsize=3)
def model_digest(path: Path) -> str:
    """The first 12 hex digits of a model file's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]


@dataclass(frozen=True)
class SmplxModel:
    """One gender's model: V vertices, F triangles, J = 55 joints, B = 10 betas; float32."""

    template: Floats32  # (V, 3)
    shape_directions: Floats32  # (V, 3, B)
    pose_directions: Floats32  # (V * 3, (J - 1) * 9)
    regressor: Floats32  # (J, V)
    weights: Floats32  # (V, J)
    parents: tuple[int, ...]
    faces: NDArray[np.int32]  # (F, 3)

    def rest_vertices(self, betas: Floats) -> Floats32:
        """(V, 3) of a shape (B,)."""
        return np.asarray(self.template + self.shape_directions @ betas.astype(np.float32), dtype=np.float32)

    @functools.cached_property
    def joint_slopes(self) -> tuple[Floats, Floats]:
        """Joints (J, 3) of the average shape, and how they move with each beta (J, 3, B): the regressor is linear."""
        directions = np.tensordot(self.regressor, self.shape_directions, 1)
        return (self.regressor @ self.template).astype(np.float64), directions.astype(np.float64)

    def rest_joints(self, betas: Floats) -> Floats:
        """(J, 3) of a shape (B,)."""
        average, slopes = self.joint_slopes
        return np.asarray(average + slopes @ betas)

    def place_joints(self, rotations: Floats, root: Floats, joints: Floats) -> tuple[Floats, Floats]:
        """Global rotations (T, J, 3, 3) and places (T, J, 3) from relative rotations, the pelvis (T, 3) and rest joints (J, 3)."""
        turned, placed = np.empty_like(rotations, dtype=np.float64), np.empty(rotations.shape[:3])
        for joint, parent in enumerate(self.parents):
            if parent < 0:
                turned[:, joint], placed[:, joint] = rotations[:, joint], root
            else:
                turned[:, joint] = turned[:, parent] @ rotations[:, joint]
                placed[:, joint] = placed[:, parent] + turned[:, parent] @ (joints[joint] - joints[parent])
        return turned, placed

    def vertices(self, betas: Floats, rotations: Floats, root: Floats) -> Floats32:
        """(T, V, 3): shape and pose blend shapes, then linear blend skinning (equations 1 to 3 of the paper)."""
        rest, joints = self.rest_vertices(betas), self.rest_joints(betas)
        turned, placed = self.place_joints(rotations, root, joints)
        frames, count = rotations.shape[:2]
        bends = (rotations[:, 1:] - np.eye(3)).reshape(frames, -1).astype(np.float32)
        bent = rest + (bends @ self.pose_directions.T).reshape(frames, -1, 3)
        offsets = placed - np.einsum("tjab,jb->tja", turned, joints)
        moves = np.concatenate([turned, offsets[..., None]], axis=-1).astype(np.float32)  # (T, J, 3, 4)
        flat = moves.transpose(1, 0, 2, 3).reshape(count, frames * 12)
        blended = (self.weights @ flat).reshape(-1, frames, 3, 4).transpose(1, 0, 2, 3)
        return np.ascontiguousarray((blended[..., :3] @ bent[..., None])[..., 0] + blended[..., 3])


@functools.lru_cache(maxsize=3)
def load_smplx(path: Path) -> SmplxModel:
    """Read a model file; kept for the process.

    Raises:
        ConfigurationError: it isn't an SMPL-X model; the message names the arrays that are missing or don't fit.
    """
    with np.load(path, allow_pickle=True) as stored:
        missing = [name for name in _ARRAYS if name not in stored]
        if missing:
            raise ConfigurationError(f"{path}: no SMPL-X model, it lacks {', '.join(missing)}")
        arrays: dict[str, Any] = {name: stored[name] for name in _ARRAYS}
    vertices, joints = len(arrays["v_template"]), len(JOINTS)
    needed = max(POINTS.values()) + 1
    wrong = [name for name, axes in _ARRAYS.items() if arrays[name].ndim != axes]
    if wrong or vertices < needed or arrays["J_regressor"].shape != (joints, vertices):
        shapes = ", ".join(f"{name} {arrays[name].shape}" for name in _ARRAYS)
        raise ConfigurationError(
            f"{path}: no SMPL-X model: expected {joints} joints over at least {needed} vertices, found {shapes}"
        )
    if arrays["shapedirs"].shape[2] < BETAS:
        raise ConfigurationError(
            f"{path}: shapedirs has {arrays['shapedirs'].shape[2]} components, at least {BETAS} are needed"
        )
    parents = arrays["kintree_table"][0].astype(np.int64).tolist()
    return SmplxModel(
        template=arrays["v_template"].astype(np.float32),
        shape_directions=np.ascontiguousarray(arrays["shapedirs"][..., :BETAS], dtype=np.float32),
        pose_directions=arrays["posedirs"].reshape(vertices * 3, -1).astype(np.float32),
        regressor=arrays["J_regressor"].astype(np.float32),
        weights=arrays["weights"].astype(np.float32),
        parents=(-1, *parents[1:]),  # files mark the root by 2 ** 32 - 1
        faces=arrays["f"].astype(np.int32),
    )


class SmplxMesh:
    """The mesh of a fit whose parameters are SMPL-X's."""

    def __init__(self, fit: BodyFit) -> None:
        path = Path(fit.model_file)
        if not path.is_file():
            raise UnusableInputError(f"the body was fitted with the SMPL-X model {path}, which isn't there any more")
        self._fit, self._model = fit, load_smplx(path)
        self.faces = self._model.faces
        self.parts = face_parts(self._model)

    def vertices(self, start: int, end: int) -> Floats32:
        """(end - start, V, 3) in camera space, metres. NaN in frames without a body."""
        fit = self._fit
        return self._model.vertices(
            fit.shape.astype(np.float64),
            fit.rotations[start:end].astype(np.float64),
            fit.root[start:end].astype(np.float64),
        )


def face_parts(model: SmplxModel) -> NDArray[np.uint8]:
    """(F,) `Part` of each triangle, by the joint that moves it most. The back of the head counts as face, too."""
    owner = model.weights[model.faces].sum(axis=1).argmax(axis=1)
    parts = np.full(len(model.faces), Part.BODY, np.uint8)
    parts[np.isin(owner, _HEAD)] = Part.FACE
    for part, side in ((Part.LEFT_HAND, "left"), (Part.RIGHT_HAND, "right")):
        hand = [
            number
            for number, name in enumerate(JOINTS)
            if name == f"{side}_wrist"
            or (name.startswith(side) and name.rstrip("123").removeprefix(f"{side}_") in _FINGERS)
        ]
        parts[np.isin(owner, hand)] = part
    return parts
