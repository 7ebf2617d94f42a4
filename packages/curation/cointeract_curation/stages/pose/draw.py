"""Drawing a skeleton in the manner of OpenPose and DWPose, which trainers of pose-driven models expect."""

from __future__ import annotations

import colorsys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.pose.protocol import BODY_POINTS, HAND_POINTS, WholeBody

Points = NDArray[np.floating[Any]]
Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]

LIMBS = (
    ("neck", "right_shoulder"), ("neck", "left_shoulder"), ("right_shoulder", "right_elbow"), ("right_elbow", "right_wrist"),
    ("left_shoulder", "left_elbow"), ("left_elbow", "left_wrist"), ("neck", "right_hip"), ("right_hip", "right_knee"),
    ("right_knee", "right_ankle"), ("neck", "left_hip"), ("left_hip", "left_knee"), ("left_knee", "left_ankle"), ("neck", "nose"),
    ("nose", "right_eye"), ("right_eye", "right_ear"), ("nose", "left_eye"), ("left_eye", "left_ear"),
)  # fmt: skip
"""In OpenPose's order, which gives each its hue."""
BODY_HUES = 18
"""Steps around the colour wheel, as many as there are points."""
FINGER_BONES = tuple(
    (0 if joint == 0 else 4 * finger + joint, 4 * finger + joint + 1) for finger in range(5) for joint in range(4)
)
LIMB_STRENGTH = 0.6
"""Limbs are darker than the points that they join."""
HAND_POINT_COLOUR = (0, 0, 255)
FACE_COLOUR = (255, 255, 255)
POINT_RADIUS, HAND_WIDTH, HAND_RADIUS, FACE_RADIUS = 0.5, 0.25, 0.45, 0.4
"""In widths of a limb: 4, 2, 3.5 and 3 pixels where that is 8."""
FRACTION_BITS = 4
"""Of a pixel, for places: a skeleton that moves slowly doesn't jump from pixel to pixel."""
FARTHEST = 4096
"""Pixels beyond which points are moved in along their limb; OpenCV's whole numbers end somewhere."""


def _hue(index: int, steps: int, strength: float = 1.0) -> Colour:
    red, green, blue = (round(255 * strength * part) for part in colorsys.hsv_to_rgb(index % steps / steps, 1.0, 1.0))
    return red, green, blue


def draw_pose(pose: WholeBody, frame: int, size: tuple[int, int], limb_width: float) -> Picture:
    """The skeleton of one frame on black, (H, W, 3) RGB.

    Limbs that leave the picture are cut at its edge; one with both ends outside isn't drawn.

    Args:
        pose: the points.
        frame: which frame's.
        size: width, height.
        limb_width: of the picture's shorter side.
    """
    width, height = size
    picture = np.zeros((height, width, 3), np.uint8)
    stroke = limb_width * min(size)
    body, seen = pose.body[frame], pose.body_seen[frame]
    inside = _inside(body, size) & seen
    for index, limb in enumerate(LIMBS):
        one, two = (BODY_POINTS.index(name) for name in limb)
        if seen[one] and seen[two] and (inside[one] or inside[two]):
            _line(picture, body[one], body[two], _hue(index, BODY_HUES, LIMB_STRENGTH), stroke)
    for index in np.flatnonzero(inside):
        _dot(picture, body[index], _hue(int(index), BODY_HUES), stroke * POINT_RADIUS)
    for hand in np.flatnonzero(pose.hands_seen[frame]):
        _draw_hand(picture, pose.hands[frame, hand], stroke)
    if pose.face_seen[frame]:
        for point in pose.face[frame][_inside(pose.face[frame], size)]:
            _dot(picture, point, FACE_COLOUR, stroke * FACE_RADIUS)
    return picture


def _draw_hand(picture: Picture, points: Points, stroke: float) -> None:
    size = (picture.shape[1], picture.shape[0])
    inside = _inside(points, size)
    for index, (one, two) in enumerate(FINGER_BONES):
        if inside[one] or inside[two]:
            _line(picture, points[one], points[two], _hue(index, len(FINGER_BONES)), stroke * HAND_WIDTH)
    for index in range(HAND_POINTS):
        if inside[index]:
            _dot(picture, points[index], HAND_POINT_COLOUR, stroke * HAND_RADIUS)


def _inside(points: Points, size: tuple[int, int]) -> NDArray[np.bool_]:
    """(N,) points (N, 2) that lie in the picture; NaN doesn't."""
    return np.asarray(((points >= 0) & (points < size)).all(axis=-1))


def _place(point: Points) -> tuple[int, int]:
    """In OpenCV's fixed point, whose (0, 0) is the middle of the first pixel."""
    x, y = np.rint((np.clip(point, -FARTHEST, FARTHEST) - 0.5) * (1 << FRACTION_BITS)).astype(int)
    return int(x), int(y)


def _line(picture: Picture, one: Points, two: Points, colour: Colour, width: float) -> None:
    import cv2

    cv2.line(picture, _place(one), _place(two), colour, max(1, round(width)), cv2.LINE_AA, FRACTION_BITS)


def _dot(picture: Picture, point: Points, colour: Colour, radius: float) -> None:
    import cv2

    fixed = max(1, round(radius * (1 << FRACTION_BITS)))
    cv2.circle(picture, _place(point), fixed, colour, cv2.FILLED, cv2.LINE_AA, FRACTION_BITS)
