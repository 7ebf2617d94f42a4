"""Evidence weighed: the odds that a pixel shows the object rather than what else could be there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.object.evidence import LOG_SCALE, Evidence

Floats32 = NDArray[np.float32]

REACH = 0.9
"""Palm lengths from a hand at which the object has become half as likely as in the hand."""
HELD = 0.5
"""How likely a pixel of the person at a hand shows what the hand holds."""
SURE = 0.97
"""Trust in the person's mask."""
IN_HAND, IN_FACE, AT_HEAD, ON_ARM, ELSEWHERE = 0.6, 0.8, 0.1, 0.4, 0.03
"""How likely skin is within the hands' shapes, the face, around it, on the forearm, and anywhere else on the person."""
CLOTHED = 0.5
"""How likely hair or clothes are where their zone is."""
NO_HAIR, NOT_OVER_FACE = 0.85, 0.6
"""Shares by which hair becomes less likely at a hand, and hair and clothes over the face."""
HAIR_REACH = 0.7
"""Palm lengths."""
CHANGE_WEIGHT, CHANGE_MIDDLE = 3.0, 0.4
"""Of the difference to what the same place shows without a hand."""
MOTION_WEIGHT = 1.0
TINY = 1e-6


def explained(evidence: Evidence) -> Floats32:
    """(T, h, w) how well skin, hair, clothes and background explain each pixel: a density, 1 is an even spread over all colours."""
    channels = evidence.channels
    density = {name: np.exp(LOG_SCALE * channels[name]) for name in ("skin", "hair", "upper", "lower", "outside")}
    person = np.clip(channels["person"], 1 - SURE, SURE)
    flesh = np.maximum(ELSEWHERE, np.maximum(IN_HAND * channels["hand"], IN_FACE * channels["face"]))
    flesh = np.maximum(flesh, np.maximum(ON_ARM * channels["arm"], AT_HEAD * channels["head"]))
    near = evidence.apart.min(axis=1)
    bare = 1 - NOT_OVER_FACE * channels["face"]
    hair = np.minimum(bare, 1 - NO_HAIR * np.exp(-near / HAIR_REACH)) * density["hair"]
    clothes = bare * (density["upper"] + density["lower"])
    own = flesh * density["skin"] + CLOTHED * (hair + clothes)
    return np.asarray(person * own + (1 - person) * density["outside"], np.float32)


def prior(evidence: Evidence) -> Floats32:
    """(T, h, w) how likely the object is at each pixel by place, motion and change, without its colours."""
    channels = evidence.channels
    near = evidence.apart.min(axis=1)
    place = HELD / (1 + (near / REACH) ** 2) * (0.1 + 0.9 * channels["person"])
    said = MOTION_WEIGHT * channels["with_hand"]
    said += CHANGE_WEIGHT * (channels["change"] - CHANGE_MIDDLE) * channels["known"]
    return np.asarray(place * np.exp(said), np.float32)


def odds(evidence: Evidence, others: Floats32, place: Floats32, own: Floats32) -> Floats32:
    """(T, h, w) probability of the object, whose colours have the density ``own`` (BINS,)."""
    there = place * own[evidence.bins]
    return np.asarray(there / (there + others + TINY), np.float32)
