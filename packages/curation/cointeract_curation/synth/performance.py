"""What a person does in a shot: sways, speaks, shows the product, and gestures or points with the free hand.

Everything is a function of the frame's time, so a shot looks the same at any frame rate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.anny_model import FACIAL_ACTIONS
from cointeract_curation.human.body import RestBody, pose_bones
from cointeract_curation.human.geometry import euler_zyx
from cointeract_curation.human.hands import SIDES, RestHand, Side, rest_hand
from cointeract_curation.synth import roaming
from cointeract_curation.synth.gesture import free_fingers, gesture, idle_hand
from cointeract_curation.synth.grasp import make_grasp
from cointeract_curation.synth.limbs import Carried, move_arm, still
from cointeract_curation.synth.motion import blinks, wander, wander3
from cointeract_curation.synth.plan import Action, Hold
from cointeract_curation.synth.presenting import hold, hold_path, join, swing
from cointeract_curation.synth.products import Product
from cointeract_curation.synth.tabling import put_down

Floats = NDArray[np.float64]

SPINE = ("spine05", "spine04", "spine03", "spine02", "spine01")
NECK = ("neck01", "neck02", "neck03", "head")
SWAY = (0.012, 0.008, 0.003)  # metres that the hips wander


@dataclass(frozen=True)
class Performance:
    """N frames of a person, with a product or without."""

    rotations: Floats  # (N, J, 3, 3) world from rest
    heads: Floats  # (N, J, 3)
    actions: Floats  # (N, A) strength of facial actions
    carried: Carried | None  # the product's rotation (N, 3, 3) world from product, and place (N, 3)


@dataclass(frozen=True)
class Part:
    """What a person has to do: `side` names the hand that holds (both where the product's grip says so)."""

    product: Product | None
    side: Side
    hold: Hold = "side"
    action: Action = "present"


def perform(rest: RestBody, part: Part, times: Floats, speech: Floats, rng: np.random.Generator) -> Performance:
    """Act out a shot.

    Args:
        rest: the person.
        part: what they do.
        times: (N,) seconds since the shot's start.
        speech: (N,) loudness of their speech, 0 to 1.
        rng: where the movement is drawn from.
    """
    hands = {each: rest_hand(rest, each) for each in SIDES}
    local = _torso(rng, times, speech)
    product = part.product
    if product is None:
        for each in SIDES:
            local.update(free_fingers(hands[each], rng, times))
        root = rest.heads[0] + wander3(rng, times, SWAY)
        torso = pose_bones(rest, local, {}, root)
        world = {}
        for each in SIDES:
            turn, wrist = idle_hand(rest, hands[each], torso, times, rng)
            world.update(move_arm(rest, each, torso, wrist, turn)[0])
        carried = None
    else:
        world, carried, root = _with_product(rest, product, part, hands, local, times, rng)
    rotations, posed = pose_bones(rest, local, world, root)
    face = _face(rng, times, speech)
    return Performance(*roaming.roam(part.action, part.side, times, rotations, posed, carried, face))


def _with_product(
    rest: RestBody, product: Product, part: Part, hands: dict[Side, RestHand], local: dict[str, Floats],
    times: Floats, rng: np.random.Generator,
) -> tuple[dict[str, Floats], Carried, Floats]:  # fmt: skip
    """World rotations of the arms by bone, the product's way, and the root's places; adds the fingers to `local`."""
    side = part.side
    both = product.grip in ("both", "hooks")
    grasps = {each: make_grasp(hands[each], product, part.hold) for each in SIDES if each == side or both}
    free: Side = "left" if side == "right" else "right"
    for grasp in grasps.values():
        local.update(still(grasp.fingers, len(times)))
    if free not in grasps:
        local.update(free_fingers(hands[free], rng, times))
    root = rest.heads[0] + wander3(rng, times, SWAY)
    torso = pose_bones(rest, local, {}, root)
    wanted = hold_path(rest, product, hands[side], torso, times, rng)
    if part.action in ("put_down", "pick_up"):
        loose = free_fingers(hands[side], rng, times)
        done = put_down(
            rest, product, grasps[side], hands[side], torso, wanted, loose, part.action, times, rng
        )  # fmt: skip
        local.update(done.fingers)
        world, carried = done.arm, done.carried
        turn, wrist = idle_hand(rest, hands[free], torso, times, rng)
        world.update(move_arm(rest, free, torso, wrist, turn)[0])
        return world, carried, root
    world, carried = hold(rest, grasps[side], hands[side], torso, wanted)
    if free in grasps:
        world.update(join(rest, grasps[free], hands[free], torso, carried))
    elif product.exact:
        world.update(gesture(rest, product, hands[free], local, torso, carried, times, rng))
    else:
        turn, wrist = idle_hand(rest, hands[free], torso, times, rng)
        world.update(move_arm(rest, free, torso, wrist, turn)[0])
    return world, swing(product, hands[side], carried, times, rng), root


def _torso(rng: np.random.Generator, times: Floats, speech: Floats) -> dict[str, Floats]:
    yaw, lean, bow = (np.deg2rad(reach_) * wander(rng, times, 0.3) for reach_ in (6.0, 2.5, 2.0))
    spine = euler_zyx(yaw / len(SPINE), bow / len(SPINE), lean / len(SPINE))
    nod = np.deg2rad(3.0) * speech * np.sin(2 * np.pi * 0.9 * times)
    head_yaw, head_nod, head_roll = (np.deg2rad(extent) * wander(rng, times) for extent in (11.0, 4.0, 4.0))
    share = len(NECK)
    # a positive angle about +x bows a face that looks along -y
    neck = euler_zyx((head_yaw - 0.5 * yaw) / share, (head_nod + nod + np.deg2rad(2.0)) / share, head_roll / share)
    local = dict.fromkeys(SPINE, spine) | dict.fromkeys(NECK, neck)
    gaze = euler_zyx(-0.5 * head_yaw, -0.3 * head_nod, np.zeros_like(times))
    return local | {"eye.L": gaze, "eye.R": gaze}


def _face(rng: np.random.Generator, times: Floats, speech: Floats) -> Floats:
    syllable = 0.5 + 0.5 * wander(rng, times, 3.0)
    smile = np.clip(0.3 + 0.2 * wander(rng, times), 0.05, 0.7)
    strength = {
        "jawOpen": 0.4 * speech * np.clip(0.6 + 0.5 * syllable, 0, 1),
        "mouthFunnel": 0.45 * speech * np.clip(syllable, 0, 1),
        "mouthStretchLeft": 0.3 * speech * np.clip(1 - syllable, 0, 1),
        "mouthStretchRight": 0.3 * speech * np.clip(1 - syllable, 0, 1),
        "mouthSmileLeft": smile,
        "mouthSmileRight": smile,
        "browInnerUp": np.clip(0.25 * wander(rng, times), 0, 1),
        "browOuterUpLeft": np.clip(0.3 * wander(rng, times), 0, 1),
        "browOuterUpRight": np.clip(0.3 * wander(rng, times), 0, 1),
    }
    closed = blinks(rng, times)
    strength |= {"eyeBlinkLeft": closed, "eyeBlinkRight": closed}
    return np.stack([strength[name] for name in FACIAL_ACTIONS], axis=1)
