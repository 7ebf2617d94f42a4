"""Where a hand must be, told by the arm: squares around the wrists for a second look at higher resolution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cointeract_curation.stages.people.records import ELBOWS, WRISTS, Body, BodyLandmark, Float, Side

SCALE_LANDMARKS = (
    BodyLandmark.LEFT_SHOULDER,
    BodyLandmark.RIGHT_SHOULDER,
    BodyLandmark.LEFT_ELBOW,
    BodyLandmark.RIGHT_ELBOW,
    BodyLandmark.LEFT_WRIST,
    BodyLandmark.RIGHT_WRIST,
    BodyLandmark.LEFT_HIP,
    BodyLandmark.RIGHT_HIP,
)
PALM_REACH = 0.09
"""Metres from the wrist to the middle of the hand, along the forearm."""


@dataclass(frozen=True)
class Square:
    """A square of an image: the corner ``left``, ``top`` (may lie outside of the image) and its ``side``, whole
    pixels."""

    left: int
    top: int
    side: int

    def place(self, points: Float, size: int) -> Float:
        """Points (N, 2) of the square's picture at ``size`` pixels a side, in pixels of the image."""
        placed: Float = points * (self.side / size) + np.array([self.left, self.top], np.float64)
        return placed


def pixels_per_metre(body: Body) -> float:
    """The scale of the upper body: the spread of its landmarks in the image over that of the metric ones seen from
    the front.

    A metric landmark's x and y are parallel to the image, so foreshortened limbs do no harm. 0 for a body that is one
    point.
    """
    picked = list(SCALE_LANDMARKS)
    image = body.image[picked] - body.image[picked].mean(axis=0)
    metric = body.world[picked, :2] - body.world[picked, :2].mean(axis=0)
    spread = float(np.sqrt((metric**2).sum()))
    return float(np.sqrt((image**2).sum())) / spread if spread > 0.0 else 0.0


def hand_position(body: Body, side: Side) -> Float:
    """Where the middle of the hand must be, (2,) pixels: from the wrist on, in the direction of the forearm."""
    wrist = body.image[WRISTS[side]]
    metric_forearm = body.world[WRISTS[side]] - body.world[ELBOWS[side]]
    length = float(np.linalg.norm(metric_forearm))
    if length == 0.0:
        return np.array(wrist)
    ahead: Float = wrist + pixels_per_metre(body) * PALM_REACH * metric_forearm[:2] / length
    return ahead


def hand_square(body: Body, side: Side, metres: float, *, smallest: int, width: int, height: int) -> Square | None:
    """The square to look at for a hand; None where its middle lies outside of the image.

    It is ``metres`` wide at the body's scale, at least ``smallest`` pixels and no larger than the image's shorter side.
    """
    centre = hand_position(body, side)
    if not (0.0 <= centre[0] < width and 0.0 <= centre[1] < height):
        return None
    side_px = int(np.clip(round(pixels_per_metre(body) * metres), smallest, min(width, height)))
    return Square(left=round(float(centre[0]) - side_px / 2), top=round(float(centre[1]) - side_px / 2), side=side_px)
