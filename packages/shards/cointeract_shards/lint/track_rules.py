"""Rules over `tracks.json`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from cointeract_shards import members
from cointeract_shards.boxes import BOX_NUMBERS
from cointeract_shards.lint.registry import Abstained, Finding, sample_rule
from cointeract_shards.lint.view import SampleView

TRACKED = ("face", "left_hand", "right_hand", "object")
BoxAt = tuple[str, int, list[float]]


@sample_rule("tracks-record", "tracks.json is valid, covers every frame, and is of the video's size")
def tracks_record(view: SampleView) -> Iterator[Finding | Abstained]:
    """Check the record, and its size and length against what `meta.json` states."""
    if not view.has(members.TRACKS):
        return
    tracks = view.tracks
    if tracks is None:
        yield Finding(view.problems[members.TRACKS])
        return
    meta = view.meta
    if meta is None:
        return
    if tracks.frames != meta.frames:
        yield Finding(f"tracks.json covers {tracks.frames} frames, the target has {meta.frames}")
    if (tracks.width, tracks.height) != (meta.width, meta.height):
        yield Finding(
            f"tracks.json is for {tracks.width}x{tracks.height} pixels, the video has {meta.width}x{meta.height}"
        )


@sample_rule("box-finite", "every box is four finite numbers")
def box_finite(view: SampleView) -> Iterator[Finding | Abstained]:
    """Check the numbers of each box as they stand in the file."""
    for name, frame, box in _boxes(view.raw_tracks):
        if len(box) != BOX_NUMBERS or not all(_is_finite(value) for value in box):
            yield Finding(f"{name} box of frame {frame} is {box}", {"track": name, "frame": frame})


@sample_rule("box-inside", "every box has a positive size and lies inside the frame")
def box_inside(view: SampleView) -> Iterator[Finding | Abstained]:
    """Check each finite box against the stated size of the video."""
    width: Any = view.raw_tracks.get("width")
    height: Any = view.raw_tracks.get("height")
    if not _is_finite(width) or not _is_finite(height):
        return
    for name, frame, box in _boxes(view.raw_tracks):
        if len(box) != BOX_NUMBERS or not all(_is_finite(value) for value in box):
            continue
        x1, y1, x2, y2 = box
        values = {"track": name, "frame": frame, "box": box}
        if x1 >= x2 or y1 >= y2:
            yield Finding(f"{name} box of frame {frame} is {box}: it has no area; order is x1, y1, x2, y2", values)
        elif x1 < 0 or y1 < 0 or x2 > width or y2 > height:
            yield Finding(f"{name} box of frame {frame} is {box}: outside the frame of {width}x{height}", values)


def _boxes(tracks: dict[str, Any]) -> Iterator[BoxAt]:
    """Name, frame and numbers of each box that is a list, whatever is in it."""
    for name in TRACKED:
        points = tracks.get(name)
        for frame, point in enumerate(points if isinstance(points, list) else []):
            box = point.get("box") if isinstance(point, dict) else None
            if isinstance(box, list):
                yield name, frame, box


def _is_finite(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
