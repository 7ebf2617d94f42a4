"""A person's hands at rest: frames of the palms, joints and skin of the fingers, and finger poses.

Flexing turns a joint about the palm's across axis in rest coordinates; a positive angle bends towards the palm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.body import RestBody, skeleton
from cointeract_curation.human.geometry import columns, rotation, unit

Floats = NDArray[np.float64]
Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")

FINGERS = (1, 2, 3, 4, 5)  # thumb to little finger, as the model numbers them
PHALANGES = (1, 2, 3)
TIP_VERTICES = 12  # the skin furthest along the last bone stands for the fingertip


def suffix(side: Side) -> str:
    """The model's ending of bone names of a side."""
    return "L" if side == "left" else "R"


@dataclass(frozen=True)
class RestHand:
    """One hand before posing, in the rest frame of the body."""

    side: Side
    wrist: Floats  # (3,)
    palm: Floats  # (3,) middle of the palm's skin
    across: Floats  # (3,) from the little finger's knuckle to the index's
    forward: Floats  # (3,) from the wrist to the middle knuckle
    normal: Floats  # (3,) out of the palm
    length: float  # wrist to middle knuckle, metres
    joints: dict[int, Floats]  # finger -> (3, 3) heads of its three bones
    finger_skin: dict[int, tuple[Floats, NDArray[np.int64]]]  # finger -> skin (K, 3) and its phalanx 0..2 (K,)
    palm_skin: Floats  # (K, 3)
    tips: dict[int, NDArray[np.int64]]  # finger -> vertices of the fingertip

    def bone(self, finger: int, phalanx: int) -> str:
        """Name of a finger's bone."""
        return f"finger{finger}-{phalanx}.{suffix(self.side)}"


def rest_hand(rest: RestBody, side: Side) -> RestHand:
    """Measure a person's hand."""
    body, end = skeleton(), suffix(side)
    head = {name: rest.heads[index] for index, name in enumerate(body.bones)}
    wrist = head[f"wrist.{end}"]
    forward = unit(head[f"finger3-1.{end}"] - wrist)
    across = head[f"finger2-1.{end}"] - head[f"finger5-1.{end}"]
    across = unit(across - forward * (across @ forward))
    normal = np.cross(forward, across) if side == "left" else np.cross(across, forward)
    owner = body.weights.argmax(axis=1)
    joints, skin, tips = {}, {}, {}
    for finger in FINGERS:
        bones = [body.bone(f"finger{finger}-{phalanx}.{end}") for phalanx in PHALANGES]
        joints[finger] = rest.heads[bones]
        mine = np.flatnonzero(np.isin(owner, bones))
        skin[finger] = (rest.vertices[mine], np.array([bones.index(bone) for bone in owner[mine]]))
        last = np.flatnonzero(owner == bones[-1])
        direction = unit(joints[finger][2] - joints[finger][1])
        tips[finger] = last[np.argsort(rest.vertices[last] @ direction)[-TIP_VERTICES:]]
    palm_bones = [body.bone(f"wrist.{end}")] + [body.bone(f"metacarpal{number}.{end}") for number in (1, 2, 3, 4)]
    palm_skin = rest.vertices[np.isin(owner, palm_bones)]
    length = float(np.linalg.norm(head[f"finger3-1.{end}"] - wrist))
    ahead = (palm_skin - wrist) @ forward
    inner = palm_skin[(ahead > 0.4 * length) & ((palm_skin - wrist) @ normal > 0)]
    return RestHand(
        side, wrist, inner.mean(axis=0), across, forward, normal, length, joints, skin, palm_skin, tips
    )  # fmt: skip


def flex_axis(hand: RestHand) -> Floats:
    """The axis about which a positive angle bends the four fingers towards the palm."""
    # rotating `forward` about the axis has to move it towards `normal`: axis x forward = normal
    return unit(np.cross(hand.forward, hand.normal))


def finger_pose(hand: RestHand, curls: Mapping[int, tuple[float, float, float]]) -> dict[str, Floats]:
    """Local rotations by bone name for the given fingers (2 to 5), angles in degrees for their three joints."""
    axis = flex_axis(hand)
    return {
        hand.bone(finger, phalanx): rotation(axis, np.deg2rad(angle))
        for finger, angles in curls.items()
        for phalanx, angle in zip(PHALANGES, angles, strict=True)
    }


RELAXED = {2: (8.0, 14.0, 8.0), 3: (14.0, 20.0, 10.0), 4: (18.0, 24.0, 12.0), 5: (20.0, 24.0, 12.0)}
POINTING = {2: (2.0, 8.0, 6.0), 3: (40.0, 50.0, 25.0), 4: (50.0, 60.0, 30.0), 5: (50.0, 55.0, 30.0)}


def palm_frame(hand: RestHand) -> Floats:
    """Columns (across, forward, normal) of the palm at rest."""
    return columns(hand.across, hand.forward, hand.normal)
