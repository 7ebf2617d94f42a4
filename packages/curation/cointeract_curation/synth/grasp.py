"""How a hand holds a product: where it lies in the palm, and fingers that close on it until they touch.

Each finger closes joint by joint: a joint stops when the skin it moves would enter the product. Skin moves rigidly with its
bone here; the small difference to blended skin is why contact is measured afterwards on the posed mesh.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.geometry import columns, rotation, unit
from cointeract_curation.human.hands import PHALANGES, RestHand, flex_axis
from cointeract_curation.synth.plan import Hold
from cointeract_curation.synth.products import Product

Floats = NDArray[np.float64]
Distance = Callable[[Floats], Floats]

TIP = 2  # index of a finger's last bone
THUMB_EFFORT = 0.004  # metres of gap that a radian of thumb movement may cost
STEP = np.deg2rad(2.0)
PALM_PRESS = 0.0015  # metres the palm gives way
FINGER_PRESS = 0.001
PUSH_STEP = 2e-4
PUSH_LIMIT = 0.5
LIMITS = np.deg2rad([82.0, 95.0, 60.0])
RATIOS = (1.0, 1.1, 0.7)
SPREAD_OPEN = np.deg2rad(-12.0)  # fingers start stretched a little backwards
THUMB_OPPOSE = np.deg2rad([0, 15, 30, 45, 60])
THUMB_SPREAD = np.deg2rad([-30, -15, 0, 15])
THUMB_LIMITS = np.deg2rad([20.0, 60.0, 70.0])
WRAP_FORWARD = 0.86  # where a held cylinder's axis crosses the palm, as a share of its length
WRAP_TURN = np.deg2rad(42.0)  # of the right hand around a round product's axis; the left one's is mirrored
FRONT_TURN = np.deg2rad(78.0)  # the same, for the back of the hand to look at the camera
BEHIND_FORWARD = 0.75  # where the middle of a product lies that is held from behind, as a share of the palm's length
HOOK_FORWARD = 1.0  # where a handle crosses the palm, as a share of its length


@dataclass(frozen=True)
class Grasp:
    """A product in a hand at rest: posed, both turn with the wrist."""

    product_axes: Floats  # (3, 3) the product's axes in the rest frame, as columns
    product_place: Floats  # (3,) the product's origin in the rest frame
    fingers: dict[str, Floats]  # local rotation by bone name


def _seat(hand: RestHand, product: Product, hold: Hold) -> tuple[Floats, Floats]:
    """Axes and place of the product, before it is pushed against the palm; the place is well clear of it."""
    sign = 1.0 if hand.side == "right" else -1.0
    clear = hand.normal * 0.2
    if product.grip == "palm":
        axes = columns(np.cross(-hand.forward, hand.normal), -hand.forward, hand.normal)
        return axes, hand.palm + 0.25 * hand.length * hand.forward + clear
    if product.grip in ("hook", "hooks"):
        # the palm looks down, the fingers point to the camera and bend around the handle from above
        axes = columns(sign * hand.across, -hand.forward, -hand.normal)
        crease = hand.wrist + HOOK_FORWARD * hand.length * hand.forward
        return axes, crease - axes @ _handle(product, hand) + clear
    if hold == "behind":
        # the palm looks at the camera, the fingers point up behind the product
        axes = columns(sign * hand.across, -hand.normal, hand.forward)
        return axes, hand.wrist + hand.forward * BEHIND_FORWARD * hand.length + hand.forward * product.lift + clear
    axes = columns(sign * hand.normal, -hand.forward, hand.across)
    lift = product.lift * hand.across
    if product.grip == "both":
        reach = hand.wrist + hand.forward * (1.0 * hand.length - 0.12 * product.size[1])
        return axes, reach + lift + clear + hand.normal * product.size[0] / 2
    turn = sign * (FRONT_TURN if hold == "front" else WRAP_TURN if product.is_round else 0.0)
    axes = axes @ rotation(np.array([0.0, 0.0, 1.0]), turn).T
    along = (hand.palm - hand.wrist) @ hand.across
    place = hand.wrist + hand.forward * WRAP_FORWARD * hand.length + hand.across * along
    if product.handles is not None:
        lift = -axes @ _handle(product, hand)
    return axes, place + lift + clear


def _handle(product: Product, hand: RestHand) -> Floats:
    """Where the hand holds what hangs from it, in the product's axes."""
    if product.handles is None:
        raise ValueError(f"a {product.kind} has no handle to hang from a hand")
    return product.handles[hand.side]


def _push(skin: Floats, place: Floats, direction: Floats, axes: Floats, product: Product) -> Floats:
    """Move the product along `direction` until the skin gives way by PALM_PRESS; its new place.

    A step as long as the smallest distance cannot jump over the first touch.
    """
    moved = 0.0
    while moved < PUSH_LIMIT:
        gap = float(product.distance((skin - place - direction * moved) @ axes).min())
        if gap <= -PALM_PRESS:
            return np.asarray(place + direction * moved)
        moved += max(gap + PALM_PRESS, PUSH_STEP)
    raise ValueError(f"a {product.kind} of {product.size} m never meets the palm within {PUSH_LIMIT} m: check its seat")


def _posed(hand: RestHand, finger: int, rotations: list[Floats]) -> Floats:
    """Skin of a finger (K, 3) after local rotations of its three bones."""
    joints = hand.joints[finger]
    skin, owner = hand.finger_skin[finger]
    out = skin.copy()
    turn, head = np.eye(3), joints[0]
    for index in range(3):
        if index:
            head = head + turn @ (joints[index] - joints[index - 1])
        turn = turn @ rotations[index]
        mine = owner == index
        out[mine] = head + (skin[mine] - joints[index]) @ turn.T
    return out


def _close(
    hand: RestHand, finger: int, start: Floats, axis: Floats, limits: Floats, distance: Distance
) -> list[Floats]:
    """Close a finger from `start` (3, 3, 3) about one axis; returns the three local rotations."""
    owner = hand.finger_skin[finger][1]
    angles = np.zeros(3)
    free = [True, True, True]

    def rotations(values: Floats) -> list[Floats]:
        return [start[index] @ rotation(axis, values[index]) for index in range(3)]

    while any(free):
        for joint in range(3):
            if not free[joint]:
                continue
            trial = angles.copy()
            trial[joint] += STEP * RATIOS[joint]
            skin = _posed(hand, finger, rotations(trial))[owner >= joint]
            if trial[joint] > limits[joint] or distance(skin).min() < -FINGER_PRESS:
                free[joint] = False
            else:
                angles = trial
    return rotations(angles)


def _thumb(hand: RestHand, distance: Distance, middle: Floats) -> list[Floats]:
    """The thumb closed on the product from the best of several opposed starts."""
    joints, (_, owner) = hand.joints[1], hand.finger_skin[1]
    best: tuple[float, list[Floats]] | None = None
    sign = 1.0 if hand.side == "right" else -1.0
    for oppose, spread in itertools.product(THUMB_OPPOSE, THUMB_SPREAD):
        base = rotation(hand.forward, sign * oppose) @ rotation(hand.normal, sign * spread)
        start = np.stack([base, np.eye(3), np.eye(3)])
        posed = _posed(hand, 1, list(start))
        if distance(posed).min() < -FINGER_PRESS:
            continue
        tip = posed[owner == TIP].mean(axis=0)
        pointing = base @ (joints[2] - joints[1])
        axis = unit(base.T @ np.cross(pointing, middle - tip))
        closed = _close(hand, 1, start, axis, THUMB_LIMITS, distance)
        gaps = distance(_posed(hand, 1, closed))
        cost = float(gaps[owner == TIP].min() + 0.5 * gaps[owner == TIP - 1].min()) + THUMB_EFFORT * float(
            oppose + abs(spread)
        )
        if best is None or cost < best[0]:
            best = (cost, closed)
    return best[1] if best else [np.eye(3)] * 3


def make_grasp(hand: RestHand, product: Product, hold: Hold = "side") -> Grasp:
    """Lay the product in the hand and close the fingers on it."""
    axes, place = _seat(hand, product, hold)
    place = _push(hand.palm_skin, place, -hand.normal, axes, product)

    def distance(points: Floats) -> Floats:
        return product.distance((points - place) @ axes)

    flex = flex_axis(hand)
    fingers: dict[str, Floats] = {}
    for finger in (2, 3, 4, 5):
        open_finger = np.stack([rotation(flex, SPREAD_OPEN), np.eye(3), np.eye(3)])
        closed = _close(hand, finger, open_finger, flex, LIMITS - np.array([SPREAD_OPEN, 0, 0]), distance)
        fingers.update({hand.bone(finger, phalanx): closed[phalanx - 1] for phalanx in PHALANGES})
    middle = place if product.grip in ("wrap", "palm") and product.handles is None else hand.palm + hand.normal * 0.05
    thumb = _thumb(hand, distance, middle)
    fingers.update({hand.bone(1, phalanx): thumb[phalanx - 1] for phalanx in PHALANGES})
    return Grasp(axes, place, fingers)
