"""Boxes of hands from what `people` found and what the fitted body shows."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cointeract_curation.human.fit import BodyFit
from cointeract_curation.human.hand_boxes import mesh_hand_boxes
from cointeract_curation.human.mesh import BodyMesh
from cointeract_shards.records import Box, Track, TrackPoint

GUESS_SCORE = 0.3
"""`people` gives at most this to a box that rests on the body's points alone; boxes of the mesh alone get the same."""
BOX_DECIMALS = 2


def better_hand_boxes(tracks: tuple[Track, Track], fit: BodyFit, mesh: BodyMesh | None) -> tuple[Track, Track]:
    """Left and right: the mean of people's box and the mesh's where they overlap; else people's if it was seen, or the mesh's.

    Landmarks of a hand that holds something miss what lies behind it, the mesh misses what the fit got wrong; their mean is nearer to
    the truth than either, of guesses too.
    """
    if mesh is None:
        return tracks
    boxes = mesh_hand_boxes(fit, mesh)
    left, right = (
        tuple(_better(point, boxes[frame, side].tolist()) for frame, point in enumerate(track))
        for side, track in enumerate(tracks)
    )
    return left, right


def _better(point: TrackPoint | None, mesh: list[float]) -> TrackPoint | None:
    if not math.isfinite(mesh[0]):
        return point
    guessed = point is None or (point.interpolated and (point.score or 0.0) <= GUESS_SCORE)
    if point is None or point.box is None or (guessed and not _overlap(point.box, mesh)):
        return TrackPoint(box=rounded(mesh), score=GUESS_SCORE, interpolated=True)
    if not _overlap(point.box, mesh):
        return point
    return point.model_copy(update={"box": rounded([(a + b) / 2 for a, b in zip(point.box, mesh, strict=True)])})


def _overlap(box: Box, other: list[float]) -> bool:
    return box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]


def rounded(box: Sequence[float]) -> Box:
    """A box as it is written to `tracks.json`."""
    x1, y1, x2, y2 = (round(side, BOX_DECIMALS) for side in box)
    return x1, y1, x2, y2
