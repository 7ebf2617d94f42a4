"""The joints that a fit turns, the bones that each moves, and what is known of them before a picture is seen.

A joint has one rotation vector a frame, about the axes of the body at rest (z up, facing -y, left at +x); bones share it, so that a
spine bends all along. A prior is a Gaussian: a mean and a standard deviation along and across a joint's own axis.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.body import RestBody, skeleton
from cointeract_curation.human.fit import BodyFit
from cointeract_curation.human.geometry import unit
from cointeract_curation.human.hands import FINGERS, PHALANGES, RELAXED, SIDES, flex_axis, rest_hand, suffix

Floats = NDArray[np.float64]

FRONT = np.array([0.0, -1.0, 0.0])
SPINE = ("spine05", "spine04", "spine03", "spine02", "spine01")
NECK = ("neck01", "neck02", "neck03", "head")
SLACK = 0.1  # radians beyond a limit that nobody sees
FREE = 10.0  # radians: no prior to speak of
THUMB = 1


@dataclass(frozen=True)
class Joint:
    """One rotation vector. ``axis`` is where ``along`` counts, at rest; radians throughout."""

    name: str
    bones: tuple[str, ...]
    axis: Floats  # (3,) unit
    along: float
    across: float
    mean: float = 0.0  # about the axis
    limits: tuple[float, float] | None = None  # about the axis


def body_joints(rest: RestBody) -> list[Joint]:
    """Joints of torso, arms, hands and legs for a person's rest body, in a fixed order."""
    upright = np.array([0.0, 0.0, 1.0])
    joints = [Joint("spine", SPINE, upright, 0.3, 0.35), Joint("neck", NECK, upright, 0.6, 0.4)]
    for side in SIDES:
        joints += _arm(rest, suffix(side)) + _leg(rest, suffix(side))
    for side in SIDES:
        hand = rest_hand(rest, side)
        flex = flex_axis(hand)
        for finger in FINGERS:
            for phalanx in PHALANGES:
                name = hand.bone(finger, phalanx)
                if finger == THUMB:
                    joints.append(Joint(name, (name,), flex, 0.5, 0.5 if phalanx == 1 else 0.25))
                    continue
                angle = float(np.deg2rad(RELAXED[finger][phalanx - 1]))
                sway = 0.2 if phalanx == 1 else 0.04
                joints.append(Joint(name, (name,), flex, 0.7, sway, angle, (-0.25, 1.8)))
    return joints


def place(rest: RestBody, bone: str) -> Floats:
    """The head of a bone at rest (3,)."""
    return np.asarray(rest.heads[skeleton().bone(bone)])


def elbow_axis(rest: RestBody, end: str) -> Floats:
    """The axis (3,) about which a positive angle brings the forearm forwards."""
    return unit(np.cross(place(rest, f"lowerarm01.{end}") - place(rest, f"upperarm01.{end}"), FRONT))


def _arm(rest: RestBody, end: str) -> list[Joint]:
    upper = unit(place(rest, f"lowerarm01.{end}") - place(rest, f"upperarm01.{end}"))
    fore = unit(place(rest, f"wrist.{end}") - place(rest, f"lowerarm01.{end}"))
    return [
        Joint(f"clavicle.{end}", (f"clavicle.{end}",), upper, 0.05, 0.15),
        Joint(f"shoulder.{end}", (f"upperarm01.{end}",), upper, 1.0, 1.2),
        Joint(f"elbow.{end}", (f"lowerarm01.{end}",), elbow_axis(rest, end), 1.5, 0.08, 0.3, (-0.1, 2.6)),
        Joint(f"forearm.{end}", (f"lowerarm02.{end}",), fore, 0.9, 0.02, 0.0, (-1.9, 1.9)),
        Joint(f"wrist.{end}", (f"wrist.{end}",), fore, 0.25, 0.5),
    ]


def _leg(rest: RestBody, end: str) -> list[Joint]:
    thigh = unit(place(rest, f"lowerleg01.{end}") - place(rest, f"upperleg01.{end}"))
    bend = unit(np.cross(thigh, -FRONT))
    return [
        Joint(f"hip.{end}", (f"upperleg01.{end}",), thigh, 0.15, 0.25),
        Joint(f"knee.{end}", (f"lowerleg01.{end}",), bend, 0.4, 0.05, 0.05, (-0.1, 2.4)),
    ]


def shares(joints: list[Joint]) -> Floats:
    """(J, P): how much of each joint's rotation vector each bone takes."""
    bones = skeleton()
    matrix = np.zeros((len(bones.bones), len(joints)))
    for index, joint in enumerate(joints):
        for bone in joint.bones:
            matrix[bones.bone(bone), index] = 1 / len(joint.bones)
    return matrix


def whitening(joints: list[Joint]) -> tuple[Floats, Floats]:
    """Matrices (P, 3, 3) and means (P, 3): the prior's cost is half of |matrix @ (vector - mean)| squared."""
    matrices, means = [], []
    for joint in joints:
        parallel = np.outer(joint.axis, joint.axis)
        matrices.append(parallel / joint.along + (np.eye(3) - parallel) / joint.across)
        means.append(joint.mean * joint.axis)
    return np.array(matrices), np.array(means)


def limit_violations(fit: BodyFit, joints: list[Joint]) -> float:
    """Share of all limited joints and fitted frames in which the joint bends further than it can."""
    from scipy.spatial.transform import Rotation

    beyond = []
    for joint in joints:
        if joint.limits is None:
            continue
        bone = skeleton().bone(joint.bones[0])
        own, parent = fit.rotations[fit.fitted, bone], fit.rotations[fit.fitted, skeleton().parents[bone]]
        angle = Rotation.from_matrix(np.swapaxes(parent, 1, 2) @ own).as_rotvec() @ joint.axis
        beyond.append((angle < joint.limits[0] - SLACK) | (angle > joint.limits[1] + SLACK))
    return float(np.mean(beyond))
