"""The arrays of the truth: masks, joints and the parameters that rebuild the mesh to the last bit.

Files of the directory `NAME.truth/`:

- `object_masks.json`, `person_masks.json`, `other_masks.json`: for each frame the COCO run-length code of the visible
  pixels of the product, of the person with clothes and hair, and of a second person; or null.
- `body_masks.json`: the whole body without clothes and hair, as if nothing stood before it.
- `joints.npz`: for each frame (N) the COCO keypoints, both hands' 21 landmarks in MediaPipe's order, and all bone heads, as
  `*_3d` (world, metres) and `*_2d` (pixels); NaN in shots without a person; labels beside them. `keypoints_visible` and
  `hands_visible`: whether the first thing seen at a joint is the person's own flesh around it.
- `mesh_<shot>.npz`: what rebuilds a shot's vertices: bone rotations, root, facial actions, clothes, hair, product.

Bodies, joints and meshes are those of a shot's first person.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.body import keypoint_labels, skeleton
from cointeract_curation.human.hands import FINGERS, PHALANGES, SIDES, rest_hand, suffix
from cointeract_curation.synth.staging import PersonShot, StagedShot

Floats32 = NDArray[np.float32]
HAND_LANDMARKS = 21
RunLength = dict[str, Any]


def run_length(mask: NDArray[np.bool_]) -> RunLength | None:
    """COCO run-length code of a mask (H, W), or None where it is empty."""
    from pycocotools import mask as coco

    if not mask.any():
        return None
    code = coco.encode(np.asfortranarray(mask, dtype=np.uint8))
    return {"size": [int(side) for side in code["size"]], "counts": code["counts"].decode("ascii")}


def decode_mask(code: RunLength) -> NDArray[np.bool_]:
    """The mask (H, W) of a COCO run-length code."""
    from pycocotools import mask as coco

    return np.asarray(coco.decode({"size": code["size"], "counts": code["counts"].encode("ascii")}), dtype=bool)


def write_masks(path: Path, masks: list[RunLength | None]) -> None:
    """Write one code a frame."""
    path.write_text(json.dumps(masks), encoding="utf-8")


def read_masks(path: Path) -> list[RunLength | None]:
    """Read what `write_masks` wrote."""
    masks: list[RunLength | None] = json.loads(path.read_text(encoding="utf-8"))
    return masks


def shot_joints(shot: StagedShot) -> dict[str, Floats32]:
    """3D and 2D joints of one shot, NaN where there is no person."""
    frames = len(shot.cameras)
    names = {"keypoints": len(keypoint_labels()), "hands": 2 * HAND_LANDMARKS, "bones": len(skeleton().bones)}
    world = {name: np.full((frames, count, 3), np.nan) for name, count in names.items()}
    if shot.person is not None:
        vertices = shot.person.body_vertices(0, frames)
        world["keypoints"] = np.einsum("kv,nva->nka", shot.person.figure.rest.keypoint_weights, vertices)
        world["bones"] = shot.person.heads.astype(np.float64)
        world["hands"] = _hand_landmarks(shot.person, vertices)
    out: dict[str, Floats32] = {}
    for name, points in world.items():
        pixels = np.stack([camera.project(place)[0] for camera, place in zip(shot.cameras, points, strict=True)])
        out[f"{name}_3d"], out[f"{name}_2d"] = points.astype(np.float32), pixels.astype(np.float32)
    for dimensions in ("3d", "2d"):
        key = f"hands_{dimensions}"
        out[key] = out[key].reshape(frames, 2, HAND_LANDMARKS, -1)
    return out


def _hand_landmarks(person: PersonShot, vertices: Floats32) -> NDArray[np.float64]:
    """(N, 42, 3): left then right hand; wrist, then for thumb to little finger three joints and the tip."""
    body = skeleton()
    places = []
    for side in SIDES:
        hand = rest_hand(person.figure.rest, side)
        places.append(person.heads[:, body.bone(f"wrist.{suffix(side)}")])
        for finger in FINGERS:
            places += [person.heads[:, body.bone(hand.bone(finger, phalanx))] for phalanx in PHALANGES]
            places.append(vertices[:, hand.tips[finger]].mean(axis=1))
    return np.asarray(np.stack(places, axis=1), dtype=np.float64)


def write_joints(path: Path, shots: list[dict[str, NDArray[Any]]]) -> None:
    """Write the joints of all shots, one after the other."""
    joined = {name: np.concatenate([shot[name] for shot in shots]) for name in shots[0]}
    np.savez_compressed(
        path, keypoint_labels=np.array(keypoint_labels()), bone_labels=np.array(skeleton().bones),
        bone_parents=np.array(skeleton().parents), **joined,
    )  # fmt: skip


def write_mesh(path: Path, shot: StagedShot) -> None:
    """Write what `rebuild_vertices` needs, and the product: `product_vertices` (P, 3), or (N, P, 3) where its shape changes."""
    arrays: dict[str, NDArray[Any]] = {}
    if shot.item is not None:
        arrays |= {
            "product_vertices": shot.item.product.mesh.vertices if shot.item.shape is None else shot.item.shape,
            "product_faces": shot.item.product.mesh.faces,
            "product_rotation": shot.item.rotation,
            "product_place": shot.item.place,
        }
    if shot.person is not None:
        person = shot.person
        arrays |= {
            "rotations": person.rotations,
            "root": person.heads[:, 0],
            "actions": person.actions,
            "dress": person.dress,
            "hair_vertices": person.figure.hair.vertices,
            "hair_faces": person.figure.hair.faces,
        }
    np.savez_compressed(path, **arrays)


def rebuild_vertices(path: Path, phenotype: dict[str, float], frame: int) -> Floats32:
    """The dressed body's vertices (13,718, 3) in the world, from a `mesh_<shot>.npz`; `frame` counts within the shot.

    The body's own posed skin, without clothes, comes from the same with zero `dress`.
    """
    from cointeract_curation.human.body import heads_of, rest_body, skin

    with np.load(path) as arrays:
        rotations = arrays["rotations"][frame : frame + 1]
        rest = rest_body(phenotype)
        heads = heads_of(rest, rotations, arrays["root"][frame : frame + 1])
        offsets = arrays["dress"] + np.einsum("na,avc->nvc", arrays["actions"][frame : frame + 1], rest.actions)
        vertices: Floats32 = skin(rest.vertices + offsets, rest, rotations, heads)[0]
        return vertices
