"""The axis `plausible_size`: is the object of a size that a person shows in the hand."""

from __future__ import annotations

import numpy as np

from cointeract_curation.triplet.axes import Judged
from cointeract_curation.triplet.clip import HandledClip, spread
from cointeract_curation.triplet.mask_shape import turned_sides
from cointeract_curation.triplet.ramp import ramp

FRAMES = 16
NEAR_HAND = 1.0
"""How far, in palm lengths, the object's pixels may be from a hand for that hand's depth to be the object's."""
SMALLEST_ZERO, SMALLEST_ONE = 0.01, 0.025
"""Metres of the longer side: a lipstick's cap, and a ring box."""
LARGEST_ONE, LARGEST_ZERO = 0.7, 1.3
"""Metres of the longer side: a bag or a pan, and a coat on a hanger held at arm's length."""
MIDDLE_KNUCKLE, WRIST = 9, 0


def judge_size(clip: HandledClip) -> Judged:
    """Score the object's longer side in metres at the depth of the hand nearest to it; abstain where neither is known."""
    found = [size for frame in spread(clip.object_frames, FRAMES) if (size := object_metres(clip, frame)) is not None]
    if not found:
        return Judged(None, "no frame shows the object at a hand of known depth")
    metres = float(np.median(found))
    score = ramp(metres, SMALLEST_ZERO, SMALLEST_ONE) * ramp(metres, LARGEST_ZERO, LARGEST_ONE)
    return Judged(score, f"{100 * metres:.0f} cm long", {"metres": metres, "frames": float(len(found))})


def object_metres(clip: HandledClip, frame: int) -> float | None:
    """Longer side of the object's smallest box, metres, or None where no hand with a depth is near."""
    depth = hand_depth(clip, frame)
    return None if depth is None else turned_sides(clip.mask(frame))[0] * depth / clip.body.focal


def hand_depth(clip: HandledClip, frame: int) -> float | None:
    """Metres from the camera to the hand that is nearest to the object, or None where none is near."""
    rows, columns = np.nonzero(clip.mask(frame))
    if not clip.body.fitted[frame] or not len(rows):
        return None
    best: tuple[float, float] | None = None
    for side in (0, 1):
        hand, places = clip.body.hands_3d[frame, side], clip.body.hands_2d[frame, side]
        if not np.isfinite(hand).all() or not np.isfinite(places).all():
            continue
        palm = float(np.linalg.norm(places[MIDDLE_KNUCKLE] - places[WRIST])) + 1.0
        centre = places.mean(axis=0)
        away = float(np.sqrt((rows - centre[1]) ** 2 + (columns - centre[0]) ** 2).min()) / palm
        if away <= NEAR_HAND and (best is None or away < best[0]):
            best = away, float(hand[:, 2].mean())
    return None if best is None else best[1]
