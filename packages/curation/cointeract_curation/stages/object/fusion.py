"""Evidence weighed by hand: the odds that a pixel shows the object rather than what else could be there."""

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
CHANGE_WEIGHT, CHANGE_MIDDLE = 3.0, 0.4
MOTION_WEIGHT = 1.0


def explained(evidence: Evidence) -> Floats32:
    """(T, h, w) how well skin, hair, clothes and background explain each pixel: a density, 1 is an even spread over all colours."""
    channels = evidence.channels
    dens = {name: np.exp(LOG_SCALE * channels[name]) for name in ("skin", "hair", "upper", "lower", "outside")}
    person = np.clip(channels["person"], 1 - SURE, SURE)
    skin = np.maximum(0.08, np.maximum(0.6 * channels["hand"], 0.8 * channels["face"])) * dens["skin"]
    cap = 1 - 0.9 * channels["face"]
    own = skin + cap * 0.5 * (dens["hair"] + dens["upper"] + dens["lower"])
    return np.asarray(person * own + (1 - person) * dens["outside"], np.float32)


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
    return np.asarray(there / (there + others + 1e-6), np.float32)
