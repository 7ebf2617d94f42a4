"""Turns one row of a CSV that we didn't write into a sample, with what the row states and nothing invented."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from cointeract_shards import media, members
from cointeract_shards.boxes import LEFT_HAND_KEY, OBJECT_KEY, RIGHT_HAND_KEY, parse_face, parse_hand_object
from cointeract_shards.csv_format import COLUMNS, DEMO_HOI_COLUMN, FILE_COLUMNS
from cointeract_shards.errors import CsvError
from cointeract_shards.records import Box, Meta, Shot, TrackPoint, Tracks
from cointeract_shards.sample import Sample

REQUIRED_COLUMNS = ("input_video", "height", "width")
"""Columns that a row must fill: the video, and the size that its boxes refer to."""

SHAPE_TOLERANCE = 0.01
"""Relative difference in aspect ratio up to which boxes are scaled from the stated size to the video's own."""

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_NOT_IN_A_KEY = re.compile(r"[^A-Za-z0-9_-]+")
Scale = tuple[float, float]


def foreign_sample(directory: Path, cells: Mapping[str, str]) -> tuple[Sample, tuple[str, ...]]:
    """The sample that a row describes, of level `clip`, and notes on what was assumed.

    Its source and shot are unknown: `meta.json` says `origin: cointeract-csv`, takes the motion and the input video
        joined as the source, and all of it as one shot. Boxes lie in every fourth frame only, as in the CSV.

    Raises:
        ContractError: an empty or unreadable cell, a file that is missing or doesn't decode, or boxes for a video of
            another
            shape; the message names the column.
    """
    cells, notes = _with_demo_name(cells)
    paths = {
        name: resolve(directory, cells[column], column) for column, name in FILE_COLUMNS.items() if cells.get(column)
    }
    key = _key(Path(cells["input_video"]).stem, notes)
    content: dict[str, bytes | Path] = {}
    for name, path in paths.items():
        content[name] = _as_member(name, path, notes)
    video = media.decode_video(paths[members.RGB].read_bytes(), where=cells["input_video"])
    motion_frames = 0
    if members.MOTION in paths:
        motion_frames = media.decode_video(paths[members.MOTION].read_bytes(), where=cells["motion_video"]).frames
    scale = _box_scale(cells, video, notes)
    content[members.TRACKS] = _tracks(cells, video, scale).to_bytes()
    source = _source_sha256([paths[name] for name in (members.MOTION, members.RGB) if name in paths])
    meta = Meta(
        id=key,
        level="clip",
        origin="cointeract-csv",
        source_id=f"csv-{source[:16]}",
        source_sha256=source,
        first_frame=motion_frames,
        frames=video.frames,
        motion_frames=motion_frames,
        shot=Shot(index=0, first=0, end=motion_frames + video.frames),
        width=video.width,
        height=video.height,
        fps=float(video.rate),
        prompt=cells.get("prompt") or None,
        product_scale=_number(cells["scale"], "scale") if cells.get("scale") else None,
    )
    content[members.META] = meta.to_bytes()
    return Sample(key, content), tuple(notes)


def resolve(directory: Path, cell: str, column: str) -> Path:
    """The file that a cell names, inside the directory.

    Raises:
        CsvError: an absolute path, one that leaves the directory, or no such file.
    """
    path = directory / cell
    if Path(cell).is_absolute() or not path.resolve().is_relative_to(directory.resolve()):
        raise CsvError(f"{column} is {cell!r}, outside the directory; copy the file into it and state a relative path")
    if not path.is_file():
        raise CsvError(f"{column} is {cell!r}, but there is no such file in {directory}")
    return path


def _with_demo_name(cells: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    cells = dict(cells)
    notes = []
    demo = cells.pop(DEMO_HOI_COLUMN, "")
    if demo and not cells.get("hoi_video"):
        cells["hoi_video"] = demo
        notes.append(f"column {DEMO_HOI_COLUMN} was read as hoi_video; the released trainer ignores {DEMO_HOI_COLUMN}")
    unknown = sorted(set(cells) - set(COLUMNS))
    if unknown:
        notes.append(f"columns {', '.join(unknown)} aren't part of the released form and were left out")
    return cells, notes


def _key(stem: str, notes: list[str]) -> str:
    key = _NOT_IN_A_KEY.sub("-", stem).strip("-_")
    if key != stem:
        notes.append(f"the key {key!r} was made of the file name {stem!r}")
    return members.check_key(key)


def _as_member(name: str, path: Path, notes: list[str]) -> bytes | Path:
    """The file as it is; a picture that isn't PNG is converted, other files of another type are refused."""
    wanted = Path(name).suffix
    if wanted == ".png":
        with path.open("rb") as stream:
            if stream.read(len(PNG_SIGNATURE)) == PNG_SIGNATURE:
                return path
        notes.append(f"{path.name} was converted to PNG, without loss")
        return media.encode_png(media.decode_image(path.read_bytes(), where=path.name))
    if path.suffix.lower() != wanted:
        raise CsvError(f"{path.name} must be a {wanted} file to become {name}; convert it first")
    return path


def _box_scale(cells: Mapping[str, str], video: media.Video, notes: list[str]) -> Scale:
    """Factors from the stated size, which the boxes refer to, to the video's own."""
    width, height = (_number(cells[column], column) for column in ("width", "height"))
    if width <= 0 or height <= 0:
        raise CsvError(f"width and height are {width:g} and {height:g}; state the size that the boxes refer to")
    factors = video.width / width, video.height / height
    if abs(factors[0] / factors[1] - 1) > SHAPE_TOLERANCE:
        raise CsvError(
            f"the row states {width:g}x{height:g} and the video has "
            f"{video.width}x{video.height}, which is another shape, "
            "so its boxes can't be placed; correct width and height"
        )
    if factors != (1.0, 1.0):
        notes.append(f"boxes were scaled from {width:g}x{height:g} to the video's {video.width}x{video.height}")
    return factors


def _tracks(cells: Mapping[str, str], video: media.Video, scale: Scale) -> Tracks:
    face = parse_face(cells.get("face", ""), where="face")
    parts = parse_hand_object(cells.get("hand_object", ""), where="hand_object")

    def track(boxes: Mapping[int, Box]) -> tuple[TrackPoint | None, ...]:
        return tuple(_point(boxes.get(frame), scale) for frame in range(video.frames))

    def part(name: str) -> tuple[TrackPoint | None, ...]:
        return track({frame: found[name] for frame, found in parts.items() if name in found})

    return Tracks(
        width=video.width,
        height=video.height,
        frames=video.frames,
        face=track(face),
        left_hand=part(LEFT_HAND_KEY),
        right_hand=part(RIGHT_HAND_KEY),
        object=part(OBJECT_KEY),
        contact=(None,) * video.frames,
    )


def _point(box: Box | None, scale: Scale) -> TrackPoint | None:
    if box is None:
        return None
    (x1, y1, x2, y2), (sx, sy) = box, scale
    return TrackPoint(box=(x1 * sx, y1 * sy, x2 * sx, y2 * sy), score=None)


def _number(cell: str, column: str) -> float:
    try:
        return float(cell)
    except ValueError as error:
        raise CsvError(f"{column} is {cell!r}, not a number") from error


def _source_sha256(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()
