"""Whether a hand touches the object, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.fit import BodyFit
from cointeract_curation.human.landmarks import Landmarks
from cointeract_curation.stages.object.hands import Hands, find_hands, hand_maps

Floats32 = NDArray[np.float32]

TOUCHING = 0.12
"""Palm lengths between the hand's shape and the object's mask at which touching is as likely as not."""
SOFTNESS = 0.05
"""Palm lengths over which the answer turns."""
REACH = 3
"""Frames before and after that are asked, too: a touch doesn't flicker."""
SHORT_SIDE = 240
"""Pixels of the picture's shorter side at which distances are measured."""
MIN_AREA = 4
MAIN_PIECE = 0.3
"""Of the largest piece of a mask: smaller ones may be mistakes."""
FROM_MAIN = 0.4
"""Palm lengths that the mask's main pieces may lie farther away than the nearest one: stray pieces at the other hand are no touch."""


@dataclass(frozen=True)
class Contacts:
    """``touching`` and ``score`` (T, 2), hands in the order left, right; ``known`` where the hand is in the picture."""

    touching: NDArray[np.bool_]
    score: Floats32
    known: NDArray[np.bool_]


def contacts_of(masks: NDArray[np.bool_], landmarks: Landmarks, fit: BodyFit) -> Contacts:
    """Contacts from masks (T, H, W) of the stored video."""
    import cv2

    height, width = masks.shape[1:]
    factor = min(1.0, SHORT_SIDE / min(height, width))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    small = [cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0 for mask in masks]
    hands = find_hands(landmarks, fit, (size[0] / width, size[1] / height), (size[1], size[0]))
    return find_contacts(np.array(small), hands, hand_maps(hands, (size[1], size[0]))[1])


def find_contacts(masks: NDArray[np.bool_], hands: Hands, apart: Floats32) -> Contacts:
    """Contacts from the object's masks (T, h, w), the hands and the distance (T, 2, h, w) to their shapes in palm lengths."""
    frames = len(masks)
    gap = np.full((frames, 2), np.inf, np.float32)
    for frame in range(frames):
        if np.count_nonzero(masks[frame]) < MIN_AREA:
            continue
        main = _main_pieces(masks[frame])
        for side in (0, 1):
            if hands.present[frame, side]:
                near = apart[frame, side]
                gap[frame, side] = max(near[masks[frame]].min(), near[main].min() - FROM_MAIN)
    score = 1 / (1 + np.exp(np.clip((gap - TOUCHING) / SOFTNESS, -30, 30)))
    known = hands.present
    smooth = np.zeros_like(score)
    for frame in range(frames):
        near = slice(max(0, frame - REACH), frame + REACH + 1)
        for side in (0, 1):
            if known[frame, side]:
                smooth[frame, side] = np.median(score[near, side][known[near, side]])
    return Contacts(smooth > 0.5, smooth.astype(np.float32), known)  # noqa: PLR2004


def _main_pieces(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    import cv2

    _, pieces, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    return np.asarray(np.isin(pieces, 1 + np.flatnonzero(areas >= MAIN_PIECE * areas.max())))
