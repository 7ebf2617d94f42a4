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
from cointeract_curation.human.hands import SIDES, Side, rest_hand
from cointeract_curation.synth.gesture import free_fingers, gesture
from cointeract_curation.synth.grasp import make_grasp
from cointeract_curation.synth.limbs import still
from cointeract_curation.synth.motion import blinks, wander, wander3
from cointeract_curation.synth.presenting import hold, join
from cointeract_curation.synth.products import Product

Floats = NDArray[np.float64]

SPINE = ("spine05", "spine04", "spine03", "spine02", "spine01")
NECK = ("neck01", "neck02", "neck03", "head")
SWAY = (0.012, 0.008, 0.003)  # metres that the hips wander


@dataclass(frozen=True)
class Performance:
    """N frames of a person with a product."""

    rotations: Floats  # (N, J, 3, 3) world from rest
    heads: Floats  # (N, J, 3)
    actions: Floats  # (N, A) strength of facial actions
    product_rotation: Floats  # (N, 3, 3) world from product
    product_place: Floats  # (N, 3)


def perform(
    rest: RestBody, product: Product, side: Side, times: Floats, speech: Floats, rng: np.random.Generator
) -> Performance:
    """Act out a shot.

    Args:
        rest: the person.
        product: what they hold.
        side: the hand that holds it (both hands where the product's grip says so).
        times: (N,) seconds since the shot's start.
        speech: (N,) loudness of their speech, 0 to 1.
        rng: where the movement is drawn from.
    """
    hands = {each: rest_hand(rest, each) for each in SIDES}
    grasps = {each: make_grasp(hands[each], product) for each in SIDES if each == side or product.grip == "both"}
    free: Side = "left" if side == "right" else "right"
    local = _torso(rng, times, speech)
    for grasp in grasps.values():
        local.update(still(grasp.fingers, len(times)))
    if free not in grasps:
        local.update(free_fingers(hands[free], rng, times))
    root = rest.heads[0] + wander3(rng, times, SWAY)
    torso = pose_bones(rest, local, {}, root)
    world, carried = hold(rest, product, grasps[side], hands[side], torso, times, rng)
    if free in grasps:
        world.update(join(rest, grasps[free], hands[free], torso, carried))
    else:
        world.update(gesture(rest, product, hands[free], local, torso, carried, times, rng))
    rotations, posed = pose_bones(rest, local, world, root)
    return Performance(rotations, posed, _face(rng, times, speech), *carried)


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
