"""The free hand: it gestures beside the body, and from time to time its index finger touches the product."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.body import RestBody
from cointeract_curation.human.geometry import euler_zyx, rotation
from cointeract_curation.human.hands import POINTING, RELAXED, RestHand, Side, finger_pose, palm_frame
from cointeract_curation.synth.limbs import Carried, Posed, arm_length, move_arm, shoulders, spans, still
from cointeract_curation.synth.motion import pulses, wander, wander3
from cointeract_curation.synth.products import Product

Floats = NDArray[np.float64]

FREE_HAND = (0.31, -0.5, -0.22)  # place of the free hand's palm; x towards its own side
FREE_REACH = (0.05, 0.08, 0.14)
TOUCH_GAP = 0.0005  # metres between a touching fingertip's skin and the product
TOUCH_EASE = 0.7  # seconds for the finger to come and go
TOUCH_FIRST, TOUCH_PERIOD, TOUCH_LENGTH = 1.6, 4.6, 1.5  # seconds


def free_fingers(hand: RestHand, rng: np.random.Generator, times: Floats) -> dict[str, Floats]:
    """Fingers that hang loosely and move a little."""
    open_pose, point_pose = finger_pose(hand, RELAXED), finger_pose(hand, POINTING)
    pose = point_pose if rng.integers(2) else open_pose
    sway = np.deg2rad(4.0) * wander(rng, times)
    flex = np.cross(hand.forward, hand.normal)
    return {bone: matrix @ rotation(flex, sway) for bone, matrix in pose.items() if "-1." in bone} | still(
        {bone: matrix for bone, matrix in pose.items() if "-1." not in bone}, len(times)
    )


def _free_palm(rest: RestBody, side: Side, torso: Posed, times: Floats, rng: np.random.Generator) -> Floats:
    sign = 1.0 if side == "left" else -1.0
    offset = np.array(FREE_HAND) * np.array([sign, 1, 1]) + wander3(rng, times, FREE_REACH)
    return np.asarray(shoulders(torso) + offset * arm_length(rest))


def _open_hand(hand: RestHand, palm: Floats, times: Floats, rng: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    """A waving open hand around a palm's places (N, 3): its rotations, the wrist's places, and the rotation it waves about."""
    sign = 1.0 if hand.side == "left" else -1.0
    # fingers up and a little outwards, palm towards the camera and the middle
    axes = euler_zyx(sign * 0.35, 0.0, sign * 0.25) @ _hand_axes(
        hand, np.array([0.15 * sign, -0.25, 1.0]), np.array([-0.4 * sign, -1.0, 0.0])
    )
    waving = euler_zyx(0.25 * wander(rng, times), 0.2 * wander(rng, times), 0.2 * wander(rng, times))
    turn = waving @ axes
    return turn, palm - np.einsum("nab,b->na", turn, hand.palm - hand.wrist), axes


def idle_hand(
    rest: RestBody, hand: RestHand, torso: Posed, times: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """A hand that only gestures: world rotations (N, 3, 3) and places of its wrist (N, 3)."""
    palm = _free_palm(rest, hand.side, torso, times, rng)
    turn, wrist, _ = _open_hand(hand, palm, times, rng)
    return turn, wrist


def gesture(
    rest: RestBody,
    product: Product,
    hand: RestHand,
    local: dict[str, Floats],
    torso: Posed,
    carried: Carried,
    times: Floats,
    rng: np.random.Generator,
) -> dict[str, Floats]:
    """The free hand: open towards the camera, and from time to time its index finger on the product."""
    from scipy.spatial.transform import Rotation, Slerp

    sign = 1.0 if hand.side == "left" else -1.0
    palm = _free_palm(rest, hand.side, torso, times, rng)
    touch = pulses(times, spans(TOUCH_FIRST, TOUCH_PERIOD, TOUCH_LENGTH, times[-1], rng), TOUCH_EASE)
    open_turn, open_wrist, open_axes = _open_hand(hand, palm, times, rng)
    # Pointing: fingers towards the product from the side, palm down and back.
    point_axes = _hand_axes(hand, np.array([-0.86 * sign, -0.2, 0.18]), np.array([0.0, 0.5, -0.85]))
    both = Rotation.from_matrix(np.stack([np.eye(3), point_axes @ open_axes.T]))
    share = Slerp([0.0, 1.0], both)(touch).as_matrix()
    hand_turn = share @ open_turn
    tip = _index_tip(rest, hand, local)  # (N, 3) in the rest frame
    towards = np.array([1.0 * sign, -0.25, 0.1])
    target = _surface_point(product, *carried, towards / np.linalg.norm(towards))
    touch_wrist = target - np.einsum("nab,nb->na", hand_turn, tip - hand.wrist)
    wrist = open_wrist + touch[:, None] * (touch_wrist - open_wrist)
    return move_arm(rest, hand.side, torso, wrist, hand_turn)[0]


def _hand_axes(hand: RestHand, forward: Floats, normal: Floats) -> Floats:
    """World rotation that points the fingers along `forward` with the palm facing about `normal`."""
    f = forward / np.linalg.norm(forward)
    n = normal - f * (normal @ f)
    n /= np.linalg.norm(n)
    across = np.cross(n, f) if hand.side == "left" else np.cross(f, n)
    return np.asarray(np.stack([across, f, n], axis=1) @ palm_frame(hand).T)


def _index_tip(rest: RestBody, hand: RestHand, local: dict[str, Floats]) -> Floats:
    """Where the index finger's skin ends, in the frame of the hand at rest, for each frame."""
    joints = hand.joints[2]
    tip = rest.vertices[hand.tips[2]].mean(axis=0)
    turn = np.broadcast_to(np.eye(3), (len(local[hand.bone(2, 1)]), 3, 3))
    head = np.broadcast_to(joints[0], (len(turn), 3))
    for index in range(3):
        if index:
            head = head + turn @ (joints[index] - joints[index - 1])
        turn = turn @ local[hand.bone(2, index + 1)]
    return np.asarray(head + turn @ (tip - joints[2]))


def _surface_point(product: Product, turn: Floats, place: Floats, towards: Floats) -> Floats:
    """Points (N, 3) just off the product's surface in a world direction from its middle: sphere tracing from outside."""
    far = float(np.linalg.norm(product.size))
    inward = np.einsum("nba,b->na", turn, -towards)  # world direction in the product's axes
    local = -inward * far
    for _ in range(40):
        local = local + inward * np.maximum(product.distance(local) - TOUCH_GAP, 0)[:, None]
    return np.asarray(place + np.einsum("nab,nb->na", turn, local))
