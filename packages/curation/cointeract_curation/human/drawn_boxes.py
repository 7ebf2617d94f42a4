"""Tracks that obey boxes which people drew: exactly on the drawn frames, and less and less around them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cointeract_shards.records import Box, Track, TrackPoint

Float = NDArray[np.float64]

REACH = 12
"""Frames after which a drawn box no longer moves what was found: half a second, in which a mistake of a tracker lasts or is over."""
BRIDGE = 25
"""Between two drawn boxes at most so many frames apart, frames without a box get one in between."""
DRAWN_SCORE = 1.0
BOX_DECIMALS = 2


def obeyed(found: Float, drawn: Mapping[int, Box], size: tuple[int, int]) -> Float:
    """Boxes (T, 4) of one part, as drawn ones change them; NaN where there is none.

    What a drawn box differs from the one that was found in its frame, in place and in relative size, is applied to frames
    around it, fading.

    Args:
        found: boxes [x1, y1, x2, y2] (T, 4) in pixels, NaN where nothing was found.
        drawn: box by frame.
        size: width and height of the picture; boxes end there.

    Raises:
        ValueError: a drawn box is of a frame beyond the clip.
    """
    beyond = [frame for frame in drawn if not 0 <= frame < len(found)]
    if beyond:
        raise ValueError(f"boxes were drawn on frames {beyond}; the clip has frames 0 to {len(found) - 1}")
    if not drawn:
        return found
    place = _to_place(found)
    wanted = {frame: _to_place(np.array([drawn[frame]], np.float64))[0] for frame in sorted(drawn)}
    changes = {frame: wanted[frame] - place[frame] for frame in wanted if np.isfinite(place[frame]).all()}
    after: dict[int, Float] = {}
    for frame in range(len(found)):
        weights = {other: max(0.0, 1 - abs(frame - other) / REACH) for other in changes}
        total = sum(weights.values())
        if total > 0 and np.isfinite(place[frame]).all():
            moved = sum((weights[other] * changes[other] for other in changes), np.zeros(4))
            after[frame] = place[frame] + moved / max(1.0, total)
    for first, second in pairwise(wanted):
        for frame in range(first + 1, second if second - first <= BRIDGE else first + 1):
            if not np.isfinite(place[frame]).all():
                share = (frame - first) / (second - first)
                after[frame] = (1 - share) * wanted[first] + share * wanted[second]
    boxes, limits = found.copy(), np.array([*size, *size], np.float64)
    for frame, there in after.items():
        boxes[frame] = np.clip(_to_box(there), 0.0, limits)
    for frame, box in drawn.items():
        boxes[frame] = box
    return boxes


def drawn_track(track: Track, drawn: Mapping[int, Box], size: tuple[int, int]) -> Track:
    """A track as drawn boxes change it. A drawn point has the score 1; one in between is marked as interpolated.

    Raises:
        ValueError: as `obeyed`.
    """
    if not drawn:
        return track
    found = np.array([[np.nan] * 4 if point is None or point.box is None else point.box for point in track], np.float64)
    points: list[TrackPoint | None] = []
    for frame, (point, box) in enumerate(zip(track, obeyed(found, drawn, size), strict=True)):
        if frame in drawn:
            points.append(TrackPoint(box=drawn[frame], score=DRAWN_SCORE))
        elif not np.isfinite(box).all():
            points.append(point)
        else:
            x1, y1, x2, y2 = (round(side, BOX_DECIMALS) for side in box.tolist())
            given = point or TrackPoint(box=None, score=DRAWN_SCORE, interpolated=True)
            points.append(given.model_copy(update={"box": (x1, y1, x2, y2)}))
    return tuple(points)


def _to_place(boxes: Float) -> Float:
    """(T, 4): middle, and logarithm of width and height, in which changes keep a box a box."""
    sides = boxes[:, 2:] - boxes[:, :2]
    return np.concatenate([(boxes[:, :2] + boxes[:, 2:]) / 2, np.log(sides)], axis=1)


def _to_box(place: Float) -> Float:
    half = np.exp(place[2:]) / 2
    return np.concatenate([place[:2] - half, place[:2] + half])
