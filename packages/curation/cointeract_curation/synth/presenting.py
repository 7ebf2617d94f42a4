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

# Where the product is held: from the middle between the shoulders, in arm lengths; x towards the holding hand.
HOLD = {"wrap": (0.1, -0.62, -0.2), "palm": (0.12, -0.6, -0.3), "both": (0.0, -0.62, -0.34)}
HOLD_REACH = {"wrap": (0.07, 0.06, 0.1), "palm": (0.06, 0.06, 0.07), "both": (0.06, 0.05, 0.06)}
PRESENT = np.array([0.0, -0.1, 0.08])  # where presenting moves the product, in arm lengths
TURN = np.deg2rad(28.0)  # how far the product is turned to show its sides
TILT = np.deg2rad(9.0)
PRESENT_FIRST, PRESENT_PERIOD, PRESENT_LENGTH, PRESENT_EASE = 0.8, 3.4, 1.2, 0.8


def hold(
    rest: RestBody,
    product: Product,
    grasp: Grasp,
    hand: RestHand,
    torso: Posed,
    times: Floats,
    rng: np.random.Generator,
) -> tuple[dict[str, Floats], Carried]:
    """World rotations (N, 3, 3) of the holding arm's bones by name, and where that puts the product."""
    arm = arm_length(rest)
    sign = 1.0 if hand.side == "left" else -1.0
    present = pulses(times, spans(PRESENT_FIRST, PRESENT_PERIOD, PRESENT_LENGTH, times[-1], rng), PRESENT_EASE)
    offset = np.array(HOLD[product.grip]) * np.array([sign, 1, 1])
    path = offset + wander3(rng, times, HOLD_REACH[product.grip]) + present[:, None] * PRESENT
    place = shoulders(torso) + path * arm
    swing = TURN if product.grip != "both" else TURN / 2
    turn = euler_zyx(swing * wander(rng, times), TILT * wander(rng, times), TILT * wander(rng, times))
    hand_turn = turn @ grasp.product_axes.T
    wrist = place - hand_turn @ (grasp.product_place - hand.wrist)
    bones, reached = move_arm(rest, hand.side, torso, wrist, hand_turn)
    return bones, (turn, reached + hand_turn @ (grasp.product_place - hand.wrist))


def join(rest: RestBody, grasp: Grasp, hand: RestHand, torso: Posed, carried: Carried) -> dict[str, Floats]:
    """The second hand on a product that the first one carries."""
    turn, place = carried
    hand_turn = turn @ grasp.product_axes.T
    wrist = place - hand_turn @ (grasp.product_place - hand.wrist)
    return move_arm(rest, hand.side, torso, wrist, hand_turn)[0]
