"""Where hair, shirt and brows lie on the average adult at rest: smooth shares from 0 to 1 of places on the body.

All lengths are metres in the frame of `Skeleton.template`; boundaries are soft over a few millimetres.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.synth.look import Look

Values = NDArray[np.float32]

SHOULDER = np.array([0.165, 0.03, 0.475], np.float32)
ELBOW = np.array([0.322, 0.025, 0.287], np.float32)
WRIST = np.array([0.452, -0.165, 0.152], np.float32)
ARM_STARTS = 0.155  # x beyond which a place belongs to an arm, where it isn't the hip
EYE = np.array([0.030, -0.119, 0.6965], np.float32)
IRIS_RADIUS = 0.0062
PUPIL_RADIUS = 0.0027
WAIST = 0.055  # height of the trousers' upper edge
HEAD_BASE = 0.6
FACE_FRONT = -0.08  # y of the cheeks; the face lies in front of it
TEMPLE = -0.055  # y where the hairline turns from the forehead to the side
EAR = -0.015  # y behind which hair reaches down to the nape


def ramp(values: Values, start: float, end: float) -> Values:
    """0 at `start`, 1 at `end`, smooth between (`start` may be larger)."""
    share = np.clip((values - start) / (end - start), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), dtype=np.float32)


def on_arm(place: Values) -> NDArray[np.bool_]:
    """Whether places (..., 3) belong to an arm (which hangs at 45 degrees at rest) and not to the trunk or hip."""
    across = np.abs(place[..., 0])
    return np.asarray((across > ARM_STARTS) & (place[..., 2] > 0.52 - 0.95 * across))


def arm_share(place: Values) -> Values:
    """How far along the arm places (..., 3) lie: 0 at the shoulder, about 1 at the wrist; below 0 on the trunk."""
    mirrored = place.copy()
    mirrored[..., 0] = np.abs(mirrored[..., 0])
    upper, lower = ELBOW - SHOULDER, WRIST - ELBOW
    upper_length, lower_length = float(np.linalg.norm(upper)), float(np.linalg.norm(lower))
    along_upper = (mirrored - SHOULDER) @ (upper / upper_length)
    along_lower = upper_length + (mirrored - ELBOW) @ (lower / lower_length)
    along = np.where(along_upper < upper_length, along_upper, np.maximum(along_lower, 0))
    return np.asarray(along / (upper_length + lower_length), dtype=np.float32)


def neck_opening(place: Values, look: Look) -> Values:
    """How far above the shirt's edge at the neck a place lies, in metres (negative: covered)."""
    x, y, z = place[..., 0], place[..., 1], place[..., 2]
    front = np.clip(-y / 0.08, 0, 1)
    edge = 0.545 - 0.02 * front
    if look.neckline == "v":
        edge = edge - np.clip(0.075 - 1.5 * np.abs(x), 0, 0.075) * front
    if look.neckline == "collar":
        edge = edge + 0.012
    return np.asarray(z - edge, dtype=np.float32)


def shirt(place: Values, look: Look) -> Values:
    """Share of the shirt at places (..., 3) on the body's skin."""
    trunk = ramp(neck_opening(place, look), 0.002, -0.002) * ramp(place[..., 2], WAIST - 0.002, WAIST + 0.002)
    arm = ramp(arm_share(place), look.sleeve + 0.004, look.sleeve - 0.004)
    return np.where(on_arm(place), arm, trunk).astype(np.float32)


def scalp(place: Values) -> Values:
    """Share of the scalp: the head behind and above a hairline, without ears."""
    x, y, z = np.abs(place[..., 0]), place[..., 1], place[..., 2]
    # The hairline over the face: higher at the front, falling along the temples to in front of the ear.
    line = 0.768 - 14.0 * np.clip(x - 0.018, 0, None) ** 2
    front = ramp(z - line, -0.004, 0.006) * (y < TEMPLE)
    side_line = 0.688 + 0.6 * np.clip(-0.02 - y, 0, None)
    nape = 0.612 + 0.5 * np.clip(y, None, 0.02) + 0.9 * np.clip(x - 0.035, 0, None)
    side = ramp(z - np.where(y < EAR, side_line, nape), -0.004, 0.006) * (y >= TEMPLE)
    return np.asarray(np.maximum(front, side), dtype=np.float32)


def brows(place: Values) -> Values:
    """Share of the eyebrows."""
    x, y, z = np.abs(place[..., 0]), place[..., 1], place[..., 2]
    along = (x - 0.012) / 0.042  # 0 at the inner end, 1 at the outer
    middle = 0.7165 + 0.0065 * np.sin(np.clip(along, 0, 1) * 2.3) - 0.004 * np.clip(along, 0, 1) ** 3
    half = 0.0034 * (1 - 0.65 * np.clip(along, 0, 1) ** 2)
    inside = ramp(np.abs(z - middle) - half, 0.0012, -0.0008)
    ends = ramp(along, -0.03, 0.06) * ramp(along, 1.05, 0.92)
    return np.asarray(inside * ends * (y < FACE_FRONT), dtype=np.float32)
