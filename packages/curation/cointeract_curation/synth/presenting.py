"""The hand or hands that hold the product, move it about and turn it towards the camera."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.body import RestBody
from cointeract_curation.human.geometry import euler_zyx
from cointeract_curation.human.hands import RestHand
from cointeract_curation.synth.grasp import Grasp
from cointeract_curation.synth.limbs import Carried, Posed, arm_length, move_arm, shoulders, spans
from cointeract_curation.synth.motion import pulses, wander, wander3
from cointeract_curation.synth.products import Product

Floats = NDArray[np.float64]

# Where the product is held: from the middle between the shoulders, in arm lengths; x towards the holding hand. What hangs
# is held by its handle.
HOLD = {
    "wrap": (0.1, -0.62, -0.2),
    "palm": (0.12, -0.6, -0.3),
    "both": (0.0, -0.62, -0.34),
    "hook": (0.08, -0.64, 0.02),
    "hooks": (0.0, -0.62, 0.02),
}
HOLD_COAT = (0.2, -0.68, 0.18)
HOLD_REACH = {
    "wrap": (0.07, 0.06, 0.1),
    "palm": (0.06, 0.06, 0.07),
    "both": (0.06, 0.05, 0.06),
    "hook": (0.08, 0.05, 0.06),
    "hooks": (0.05, 0.05, 0.06),
}
PRESENT = np.array([0.0, -0.1, 0.08])  # where presenting moves the product, in arm lengths
TURN = np.deg2rad(28.0)  # how far the product is turned to show its sides
TILT = np.deg2rad(9.0)
HANGING = 0.45  # share of these by which a fist with something that hangs turns
SWING = np.deg2rad(5.0)  # how far what hangs swings about the handle
PRESENT_FIRST, PRESENT_PERIOD, PRESENT_LENGTH, PRESENT_EASE = 0.8, 3.4, 1.2, 0.8


def hold_path(
    rest: RestBody, product: Product, hand: RestHand, torso: Posed, times: Floats, rng: np.random.Generator
) -> Carried:
    """Where the product is wanted: world rotations (N, 3, 3) and places (N, 3) of its middle."""
    arm = arm_length(rest)
    sign = 1.0 if hand.side == "left" else -1.0
    present = pulses(times, spans(PRESENT_FIRST, PRESENT_PERIOD, PRESENT_LENGTH, times[-1], rng), PRESENT_EASE)
    start = HOLD_COAT if product.kind == "coat" else HOLD[product.grip]
    offset = np.array(start) * np.array([sign, 1, 1])
    path = offset + wander3(rng, times, HOLD_REACH[product.grip]) + present[:, None] * PRESENT
    place = shoulders(torso) + path * arm
    swing = TURN if product.grip != "both" else TURN / 2
    tilt = TILT
    if product.handles is not None:
        swing, tilt = HANGING * swing, HANGING * tilt
    turn = euler_zyx(swing * wander(rng, times), tilt * wander(rng, times), tilt * wander(rng, times))
    if product.handles is not None:
        held = np.mean(list(product.handles.values()), axis=0)
        place = place - turn @ held
    return turn, place


def wrist_for(grasp: Grasp, hand: RestHand, carried: Carried) -> Carried:
    """World rotations (N, 3, 3) of the hand and places (N, 3) of its wrist that hold a product there."""
    turn, place = carried
    hand_turn = turn @ grasp.product_axes.T
    return hand_turn, place - hand_turn @ (grasp.product_place - hand.wrist)


def hold(
    rest: RestBody, grasp: Grasp, hand: RestHand, torso: Posed, wanted: Carried
) -> tuple[dict[str, Floats], Carried]:
    """World rotations (N, 3, 3) of the holding arm's bones by name, and where that puts the product."""
    hand_turn, wrist = wrist_for(grasp, hand, wanted)
    bones, reached = move_arm(rest, hand.side, torso, wrist, hand_turn)
    return bones, (wanted[0], reached + hand_turn @ (grasp.product_place - hand.wrist))


def join(rest: RestBody, grasp: Grasp, hand: RestHand, torso: Posed, carried: Carried) -> dict[str, Floats]:
    """The second hand on a product that the first one carries."""
    hand_turn, wrist = wrist_for(grasp, hand, carried)
    return move_arm(rest, hand.side, torso, wrist, hand_turn)[0]


def swing(product: Product, hand: RestHand, carried: Carried, times: Floats, rng: np.random.Generator) -> Carried:
    """What hangs from one hand swings about its handle; anything else stays as it is carried."""
    if product.handles is None or product.soft:
        return carried
    turn, place = carried
    handle = product.handles[hand.side]
    still = np.zeros_like(times)
    swinging = euler_zyx(still, SWING * wander(rng, times), still)
    swung = turn @ swinging
    return swung, place + (turn - swung) @ handle
