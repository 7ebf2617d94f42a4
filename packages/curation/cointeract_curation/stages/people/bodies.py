"""Which bodies can be trusted: those that look like one, and that don't flip for a moment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cointeract_curation.stages.people.records import Body, BodyLandmark
from cointeract_curation.stages.people.wrist_crops import pixels_per_metre

SHOULDER_VISIBILITY = 0.6
"""Both shoulders are at least this visible in a body that counts without a face."""
ELBOW_VISIBILITY = 0.5
"""And one elbow this much: a product on a table that looks like a body seldom has both."""
STEADY_SAMPLES = 6
"""Frames looked at before and after, whose median a body is held against."""
SHOULDER_LEAP = 0.18
"""Metres by which the vector between the shoulders may differ from that median: half a shoulder's width."""
SCALE_LEAP = 1.4
"""Factor by which the scale may."""


def credible(body: Body) -> bool:
    """Whether a body alone, without a face, is enough to say that a person is there."""
    shoulders = body.visibility[[BodyLandmark.LEFT_SHOULDER, BodyLandmark.RIGHT_SHOULDER]]
    elbows = body.visibility[[BodyLandmark.LEFT_ELBOW, BodyLandmark.RIGHT_ELBOW]]
    return bool(shoulders.min() >= SHOULDER_VISIBILITY and elbows.max() >= ELBOW_VISIBILITY)


def steady_bodies(bodies: Sequence[Body | None]) -> list[Body | None]:
    """The bodies without those that flip or collapse for a moment, as happens when the product hides the chest.

    A flipped body has its left shoulder where the right one is, and would swap the hands. Each body's vector between
    the shoulders, in metres at its own scale, and its scale are held against the medians around it.
    """
    known = [index for index, body in enumerate(bodies) if body is not None and pixels_per_metre(body) > 0.0]
    features = np.zeros((len(known), 3))
    for row, index in enumerate(known):
        body = bodies[index]
        if body is not None:
            scale = pixels_per_metre(body)
            shoulders = body.image[BodyLandmark.LEFT_SHOULDER] - body.image[BodyLandmark.RIGHT_SHOULDER]
            features[row] = [*(shoulders / scale), scale]
    kept: list[Body | None] = [None] * len(bodies)
    for row, index in enumerate(known):
        around = np.median(features[max(0, row - STEADY_SAMPLES) : row + STEADY_SAMPLES + 1], axis=0)
        leap = float(np.linalg.norm(features[row, :2] - around[:2]))
        ratio = max(features[row, 2] / around[2], around[2] / features[row, 2])
        if leap <= SHOULDER_LEAP and ratio <= SCALE_LEAP:
            kept[index] = bodies[index]
    return kept
