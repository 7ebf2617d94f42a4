"""Hands, faces and bodies made up from a few numbers."""

from __future__ import annotations

import numpy as np

from cointeract_curation.stages.people.observe import Observation
from cointeract_curation.stages.people.records import (
    BODY_LANDMARKS,
    HAND_LANDMARKS,
    WRISTS,
    Body,
    BodyLandmark,
    Face,
    Float,
    Hand,
    Side,
    Source,
)

WIDTH, HEIGHT = 720, 1280
PIXELS_PER_METRE = 800.0
CHEST = np.array([360.0, 600.0])
HAND_SIZE = 120.0
NOSE = CHEST + np.array([0.0, -0.45 * PIXELS_PER_METRE])
PALM = np.array([0.0, -0.09])
"""Metres from the wrist to the hand's middle: forearms point up."""

_SHAPE = np.random.default_rng(5).uniform(-0.5, 0.5, (HAND_LANDMARKS, 2))
_SHAPE -= _SHAPE.mean(axis=0)
_SHAPE /= np.ptp(_SHAPE, axis=0).max()


def make_hand(centre: Float, side: Side, certainty: float = 0.95, source: Source = Source.DETECTED) -> Hand:
    """A hand that the detector labels as ``side`` with this certainty."""
    image = np.asarray(centre, np.float64) + HAND_SIZE * _SHAPE
    leftness = certainty if side is Side.LEFT else 1.0 - certainty
    return Hand(image=image, world=np.zeros((HAND_LANDMARKS, 3)), leftness=leftness, score=certainty, source=source)


def make_body(left_hand: Float, right_hand: Float, visibility: float = 0.95, chest: Float = CHEST) -> Body:
    """A body facing the camera whose forearms point up and end below these hand middles, pixels."""
    world = np.zeros((BODY_LANDMARKS, 3))
    to_metres = {
        Side.LEFT: (np.asarray(left_hand) - chest) / PIXELS_PER_METRE,
        Side.RIGHT: (np.asarray(right_hand) - chest) / PIXELS_PER_METRE,
    }
    for side, sign in ((Side.LEFT, 1.0), (Side.RIGHT, -1.0)):
        wrist = to_metres[side] - PALM
        world[BodyLandmark.LEFT_SHOULDER + side, :2] = [0.18 * sign, -0.2]
        world[BodyLandmark.LEFT_HIP + side, :2] = [0.12 * sign, 0.3]
        world[WRISTS[side], :2] = wrist
        world[BodyLandmark.LEFT_ELBOW + side, :2] = wrist - 3.0 * PALM
        for finger in (BodyLandmark.LEFT_PINKY, BodyLandmark.LEFT_INDEX, BodyLandmark.LEFT_THUMB):
            world[finger + side, :2] = wrist + PALM
    world[BodyLandmark.NOSE, :2] = [0.0, -0.45]
    return Body(
        image=chest + PIXELS_PER_METRE * world[:, :2], world=world, visibility=np.full(BODY_LANDMARKS, visibility)
    )


def make_face(centre: Float = NOSE, height: float = 140.0, score: float = 0.9) -> Face:
    """A square face."""
    half = np.full(2, height / 2)
    return Face(box=np.concatenate([centre - half, centre + half]), keypoints=np.tile(centre, (6, 1)), score=score)


def observe(frame: int, faces: list[Face], hands: list[Hand], body: Body | None) -> Observation:
    return Observation(
        frame=frame,
        faces=tuple(faces),
        hands=tuple(hands),
        body=body,
        face_sharpness=(0.1,) * len(faces),
        hand_sharpness=(0.1,) * len(hands),
    )
