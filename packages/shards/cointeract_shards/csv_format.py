"""The released trainer's directory: a `data.csv` and a folder for each column of files.

Beside it we write what the CSV can't hold: `samples/<key>.json` names every member of a sample with its file and
digest, and `samples/<key>/` holds the members that no column holds. The released trainer ignores both.
"""

from __future__ import annotations

from pydantic import Field

from cointeract_shards import members
from cointeract_shards.boxes import boxes_to_csv_json
from cointeract_shards.errors import CsvError
from cointeract_shards.records import Record, Sha256, VersionedRecord
from cointeract_shards.sample import Sample

FILE_COLUMNS = {
    "input_video": members.RGB,
    "motion_video": members.MOTION,
    "audio": members.AUDIO,
    "person_image": members.PERSON,
    "product_image": members.PRODUCT,
    "hoi_video": members.HOI,
    "pose_video": members.POSE,
}
"""Member of each column that holds a path."""

COLUMNS = (
    "prompt",
    "input_video",
    "motion_video",
    "audio",
    "person_image",
    "product_image",
    "scale",
    "hoi_video",
    "pose_video",
    "face",
    "hand_object",
    "height",
    "width",
)
"""All columns, in the released order."""

DEMO_HOI_COLUMN = "depth_video"
"""What the released demo calls `hoi_video`; the released trainer doesn't read it."""

DEFAULT_SCALE = 1.0
"""RoPE scale of the product where none is stated. Written out: an empty cell can make the released loader drop the
row."""

CSV_NAME = "data.csv"
TRAIN_SPLIT = "train"
SIDECAR_FOLDER = "samples"


class SidecarMember(Record):
    """One member: its file relative to the directory, and what it must hold."""

    file: str
    size: int = Field(ge=0)
    sha256: Sha256


class Sidecar(VersionedRecord):
    """`samples/<key>.json`: all members of one sample."""

    key: str
    split: str
    members: dict[str, SidecarMember]


def csv_name(split: str) -> str:
    """CSV of a split other than the one that is trained on: `data.<split>.csv`."""
    stem, dot, suffix = CSV_NAME.partition(".")
    return f"{stem}.{split}{dot}{suffix}"


def member_file(key: str, name: str) -> str:
    """Where a member's file lies, relative to the directory."""
    for column, member in FILE_COLUMNS.items():
        if member == name:
            return f"{column}/{key}.{name.rpartition('.')[2]}"
    return f"{SIDECAR_FOLDER}/{key}/{name}"


def sidecar_file(key: str) -> str:
    """Where a sample's list of members lies, relative to the directory."""
    return f"{SIDECAR_FOLDER}/{key}.json"


def to_row(sample: Sample) -> dict[str, str]:
    """The CSV row of a sample; what it lacks is an empty cell, boxes excepted, which are `{}`.

    Raises:
        CsvError: no video, `meta.json` or `tracks.json`.
        RecordError: one of the two records isn't valid.
    """
    for name in (members.RGB, members.META, members.TRACKS):
        if name not in sample.members:
            raise CsvError(f"sample {sample.key!r} has no {name}; the released CSV can't be written without it")
    face, hand_object = boxes_to_csv_json(sample.tracks)
    meta = sample.meta
    files = {
        column: member_file(sample.key, name) if name in sample.members else "" for column, name in FILE_COLUMNS.items()
    }
    scale = DEFAULT_SCALE if meta.product_scale is None else meta.product_scale
    row = {
        **files,
        "prompt": meta.prompt or "",
        "scale": repr(scale),
        "face": face,
        "hand_object": hand_object,
        "height": str(meta.height),
        "width": str(meta.width),
    }
    return {column: row[column] for column in COLUMNS}
