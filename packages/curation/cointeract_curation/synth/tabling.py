"""A product that is put down on a table, or picked up from it, within a shot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.body import RestBody
from cointeract_curation.human.hands import RestHand
from cointeract_curation.synth.gesture import idle_hand
from cointeract_curation.synth.grasp import Grasp
from cointeract_curation.synth.limbs import Carried, Posed, move_arm
from cointeract_curation.synth.motion import smooth_step
from cointeract_curation.synth.plan import Action
from cointeract_curation.synth.presenting import wrist_for
from cointeract_curation.synth.products import Product

Floats = NDArray[np.float64]

ABOVE_HIP = 0.16  # metres from the hip's joint to the table top
TABLE_PLACE = (0.07, -0.31)  # where the product stands: x towards the holding hand, y; metres from the person
LOWER_FROM, LOWER_TO = 0.28, 0.52  # shares of the shot: the product goes down
OPEN_TO = 0.6  # the fingers let go
RETREAT_FROM, RETREAT_TO = 0.57, 0.8  # the hand goes away
ARC = 0.05  # metres that the product is lifted on its way


@dataclass(frozen=True)
class Tabling:
    """N frames of putting a product down; picking it up is the same backwards."""

    carried: Carried
    arm: dict[str, Floats]
    fingers: dict[str, Floats]
    standing: NDArray[np.bool_]  # (N,) frames in which the product stands by itself


def table_height(rest: RestBody) -> float:
    """z of the table top that suits a person."""
    return float(rest.heads[0, 2]) + ABOVE_HIP


def put_down(
    rest: RestBody, product: Product, grasp: Grasp, hand: RestHand, torso: Posed, wanted: Carried,
    loose: dict[str, Floats], action: Action, times: Floats, rng: np.random.Generator,
) -> Tabling:  # fmt: skip
    """Act out `put_down` or `pick_up`.

    Args:
        wanted: where the product would be presented.
        loose: (N, 3, 3) rotations of the fingers by bone while the hand is empty.
    """
    share = times / max(float(times[-1]), 1e-9)
    if action == "pick_up":
        share = 1 - share
    down = smooth_step((share - LOWER_FROM) / (LOWER_TO - LOWER_FROM))
    opened = smooth_step((share - LOWER_TO) / (OPEN_TO - LOWER_TO))
    away = smooth_step((share - RETREAT_FROM) / (RETREAT_TO - RETREAT_FROM))
    sign = 1.0 if hand.side == "left" else -1.0
    stand = np.array([sign * TABLE_PLACE[0], TABLE_PLACE[1], table_height(rest) + product.size[2] / 2])
    turn, place = wanted
    turn = _turned(turn, np.broadcast_to(np.eye(3), turn.shape), down)
    place = place + down[:, None] * (stand - place)
    place[:, 2] += ARC * np.sin(np.pi * down)
    holding_turn, holding_wrist = wrist_for(grasp, hand, (turn, place))
    idle_turn, idle_wrist = idle_hand(rest, hand, torso, times, rng)
    hand_turn = _turned(holding_turn, idle_turn, away)
    # sideways first, so that the hand doesn't leave through the product
    way = smooth_step(away * 1.6)[:, None] * np.array([1.0, 0, 0]) + away[:, None] * np.array([0, 1.0, 1.0])
    wrist = holding_wrist + way * (idle_wrist - holding_wrist)
    arm, reached = move_arm(rest, hand.side, torso, wrist, hand_turn)
    offset = np.einsum("nab,b->na", hand_turn, grasp.product_place - hand.wrist)
    standing = down >= 1
    carried_place = np.where(standing[:, None], stand, reached + offset)
    closed = {bone: np.broadcast_to(pose, (len(times), 3, 3)) for bone, pose in grasp.fingers.items()}
    straight = np.broadcast_to(np.eye(3), (len(times), 3, 3))
    fingers = {bone: _turned(pose, loose.get(bone, straight), opened) for bone, pose in closed.items()}
    return Tabling((turn, carried_place), arm, fingers, standing)


def _turned(start: Floats, end: Floats, share: Floats) -> Floats:
    """Rotations (N, 3, 3) a share (N,) of the way from `start` to `end`."""
    from scipy.spatial.transform import Rotation

    step = Rotation.from_matrix(np.swapaxes(start, 1, 2) @ end).as_rotvec()
    return np.asarray(start @ Rotation.from_rotvec(step * share[:, None]).as_matrix())
