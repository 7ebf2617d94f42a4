"""The points of a body at rest that landmarks are compared with, and how they change with the person's shape.

Bones' heads, fingertips and COCO keypoints of a few phenotypes are measured on the whole body model once; between them they are taken as
linear. A point that skin carries is written out by bones: p = sum over bones of (R_j b_j + a_j (H_j - R_j h_j)), which is linear
blend skinning, rearranged so that no vertex is touched while fitting.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.body import RestBody, rest_body, skeleton
from cointeract_curation.human.hands import FINGERS, SIDES, rest_hand

Floats = NDArray[np.float64]

SHAPE = ("gender", "muscle", "weight", "height", "proportions")
"""The phenotypes that are fitted."""
AVERAGE = {"gender": 0.5, "age": 0.7, "muscle": 0.5, "weight": 0.5, "height": 0.45, "proportions": 0.6, "cupsize": 0.5}
"""An adult; what isn't fitted stays here."""
STEP = 0.25  # of a phenotype, for its slope: wide, since the fit moves about as far


@dataclass(frozen=True)
class RestPoints:
    """Of one person: heads (J, 3), tips (2, 5, 3) of the fingers, keypoint_places (K, J, 3), the b of each bone."""

    heads: Floats
    tips: Floats
    keypoint_places: Floats


def measure(rest: RestBody) -> RestPoints:
    """The points of one rest body."""
    tips = [
        [rest.vertices[hand.tips[finger]].mean(axis=0) for finger in FINGERS]
        for hand in (rest_hand(rest, side) for side in SIDES)
    ]
    used = np.flatnonzero(rest.keypoint_weights.any(axis=0))
    places = np.einsum(
        "kv,vj,va->kja", rest.keypoint_weights[:, used], skeleton().weights[used], rest.vertices[used], optimize=True
    )
    return RestPoints(rest.heads, np.array(tips), places)


@functools.lru_cache(maxsize=1)
def keypoint_bones() -> Floats:
    """(K, J): the a of each keypoint and bone."""
    return np.asarray((rest_body(AVERAGE).keypoint_weights @ skeleton().weights).astype(np.float64))


@functools.lru_cache(maxsize=1)
def average() -> tuple[RestBody, RestPoints]:
    """The average person."""
    rest = rest_body(AVERAGE)
    return rest, measure(rest)


@functools.lru_cache(maxsize=1)
def slopes() -> tuple[RestPoints, ...]:
    """How the points change with each phenotype of SHAPE, per unit."""
    found = []
    for name in SHAPE:
        above = measure(rest_body(AVERAGE | {name: AVERAGE[name] + STEP}))
        below = measure(rest_body(AVERAGE | {name: AVERAGE[name] - STEP}))
        found.append(
            RestPoints(
                *(
                    (getattr(above, field) - getattr(below, field)) / (2 * STEP)
                    for field in ("heads", "tips", "keypoint_places")
                )
            )
        )
    return tuple(found)


def phenotype(change: Mapping[str, float]) -> dict[str, float]:
    """The average adult with some phenotypes changed, within the model's range."""
    return {name: float(np.clip(value + change.get(name, 0.0), 0.0, 1.0)) for name, value in AVERAGE.items()}
