"""Arms that reach: two-bone inverse kinematics with the twist of the forearm spread over its bones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.body import RestBody, skeleton
from cointeract_curation.human.geometry import columns, unit
from cointeract_curation.human.hands import Side, suffix

Floats = NDArray[np.float64]

MAX_STRETCH = 0.985  # of the arm's length: a straight arm has no defined elbow
ELBOW_POLE = {"left": np.array([0.75, 0.25, -1.0]), "right": np.array([-0.75, 0.25, -1.0])}
FOREARM_TWIST = 0.55  # share of the hand's twist that the second forearm bone takes
SHOULDER_TWIST = 0.5  # share of the upper arm's rotation that its first bone takes


def reach(
    rest: RestBody, side: Side, shoulder: Floats, torso: Floats, wrist: Floats, hand: Floats
) -> tuple[dict[str, Floats], Floats]:
    """World rotations of an arm's bones that bring the wrist to a place, for N frames.

    Args:
        rest: the person.
        side: which arm.
        shoulder: (N, 3) heads of the upper arm.
        torso: (N, 3, 3) world rotation of the shoulder's bone, which says where the elbow likes to point.
        wrist: (N, 3) wanted places of the wrist; pulled in where the arm is too short.
        hand: (N, 3, 3) wanted world rotation of the hand.

    Returns:
        Rotations by bone name, and the wrist's places that were reached.
    """
    end = suffix(side)
    heads = {name: rest.heads[skeleton().bone(f"{name}.{end}")] for name in ("upperarm01", "lowerarm01", "wrist")}
    upper = heads["lowerarm01"] - heads["upperarm01"]
    lower = heads["wrist"] - heads["lowerarm01"]
    upper_length, lower_length = float(np.linalg.norm(upper)), float(np.linalg.norm(lower))
    line = wrist - shoulder
    length = np.linalg.norm(line, axis=1)
    direction = line / length[:, None]
    length = np.minimum(length, MAX_STRETCH * (upper_length + lower_length))
    reached = shoulder + direction * length[:, None]
    pole = np.einsum("nab,b->na", torso, ELBOW_POLE[side])
    side_way = unit(pole - direction * np.einsum("na,na->n", pole, direction)[:, None])
    along = (length**2 + upper_length**2 - lower_length**2) / (2 * length)
    away = np.sqrt(np.maximum(upper_length**2 - along**2, 0))
    elbow = shoulder + direction * along[:, None] + side_way * away[:, None]
    upper_turn = _frames(elbow - shoulder, reached - elbow) @ _frames(upper, lower).T
    lower_turn = _frames(reached - elbow, elbow - shoulder) @ _frames(lower, upper).T
    twist = _twist_about(np.swapaxes(lower_turn, 1, 2) @ hand, unit(lower))
    swing = _swing(torso, unit(upper), unit(elbow - shoulder))
    return {
        f"upperarm01.{end}": _between(swing, upper_turn, SHOULDER_TWIST),
        f"upperarm02.{end}": upper_turn,
        f"lowerarm01.{end}": lower_turn,
        f"lowerarm02.{end}": lower_turn @ _about(unit(lower), FOREARM_TWIST * twist),
        f"wrist.{end}": hand,
    }, reached


def _frames(main: Floats, other: Floats) -> Floats:
    """Right-handed frames (..., 3, 3) with `main` as first axis and `other` in the plane of the first two."""
    first = unit(main)
    third = unit(np.cross(main, other))
    return columns(first, np.cross(third, first), third)


def _about(axis: Floats, angles: Floats) -> Floats:
    from scipy.spatial.transform import Rotation

    return np.asarray(Rotation.from_rotvec(axis * angles[:, None]).as_matrix())


def _twist_about(rotations: Floats, axis: Floats) -> Floats:
    """The angle (N,) that each rotation turns about an axis (swing-twist decomposition), without jumps over time."""
    from scipy.spatial.transform import Rotation

    quaternion = Rotation.from_matrix(rotations).as_quat()
    angle = 2 * np.arctan2(quaternion[:, :3] @ axis, quaternion[:, 3])
    first = (angle[:1] + np.pi) % (2 * np.pi) - np.pi
    return np.asarray(np.unwrap(np.concatenate([first, angle[1:]])))


def _swing(torso: Floats, rest_direction: Floats, direction: Floats) -> Floats:
    """The smallest turn of the torso's rotation that points the arm in a direction (N, 3)."""
    from scipy.spatial.transform import Rotation

    start = torso @ rest_direction
    axis = np.cross(start, direction)
    sine = np.linalg.norm(axis, axis=1)
    angle = np.arctan2(sine, np.einsum("na,na->n", start, direction))
    turn = Rotation.from_rotvec(axis * (angle / np.maximum(sine, 1e-9))[:, None]).as_matrix()
    return np.asarray(turn @ torso)


def _between(start: Floats, end: Floats, share: float) -> Floats:
    """Rotations part of the way from `start` to `end` (N, 3, 3)."""
    from scipy.spatial.transform import Rotation

    step = Rotation.from_matrix(np.swapaxes(start, 1, 2) @ end).as_rotvec()
    return np.asarray(start @ Rotation.from_rotvec(step * share).as_matrix())
