"""Boxes of hands where `people` has none, or only a guess: from the fitted body's hands in the picture."""

from __future__ import annotations

from cointeract_curation.human.fit import BodyFit
from cointeract_curation.human.hand_boxes import mesh_hand_boxes
from cointeract_curation.human.mesh import BodyMesh
from cointeract_shards.records import Track, TrackPoint

GUESS_SCORE = 0.3
"""`people` gives at most this to a box that rests on the body's points alone; boxes of the mesh get the same."""
BOX_DECIMALS = 2


def better_hand_boxes(tracks: tuple[Track, Track], fit: BodyFit, mesh: BodyMesh | None) -> tuple[Track, Track]:
    """Left and right, as `people` found them, with the mesh's boxes where it found none or guessed."""
    if mesh is None:
        return tracks
    boxes = mesh_hand_boxes(fit, mesh)
    left, right = (
        tuple(_better(point, boxes[frame, side].tolist()) for frame, point in enumerate(track))
        for side, track in enumerate(tracks)
    )
    return left, right


def _better(point: TrackPoint | None, box: list[float]) -> TrackPoint | None:
    x1, y1, x2, y2 = (round(side, BOX_DECIMALS) for side in box)
    if x1 != x1 or not _weak(point):  # noqa: PLR0124 - NaN alone differs from itself
        return point
    return TrackPoint(box=(x1, y1, x2, y2), score=GUESS_SCORE, interpolated=True)


def _weak(point: TrackPoint | None) -> bool:
    return point is None or point.box is None or (point.interpolated and (point.score or 0.0) <= GUESS_SCORE)
