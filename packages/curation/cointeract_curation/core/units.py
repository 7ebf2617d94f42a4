"""The things a stage works on: a file as found, a source (its content), a span of a source, a clip.

Every unit has an ``unit_id`` that names its folder of artifacts, and a ``root``: the facts that identify it, which start the
chain of fingerprints. A source is its content, so its root is a hash of the bytes and never a path; moving or renaming a file
changes nothing that was computed from it.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

ID_HEX_DIGITS = 16


class UnitKind(StrEnum):
    """What a stage works on."""

    FILE = "file"
    SOURCE = "source"
    SPAN = "span"
    CLIP = "clip"


class _Unit(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FileUnit(_Unit):
    """A file as found on disk or in a bucket, before its content is known.

    ``path`` is an absolute local path or an fsspec URL. ``size`` (bytes) and ``mtime_ns`` are part of its root, so that a file
    that was written to again is read again. They are -1 where the file can't be examined (a dead link, no permission).
    """

    kind: Literal[UnitKind.FILE] = UnitKind.FILE
    path: str
    size: int
    mtime_ns: int

    @property
    def unit_id(self) -> str:
        """``file-`` and a hash of the path."""
        return "file-" + hashlib.sha256(self.path.encode("utf-8", "surrogateescape")).hexdigest()[:ID_HEX_DIGITS]

    @property
    def root(self) -> dict[str, str | int]:
        """What identifies the file until its content is known."""
        return {"path": self.path, "size": self.size, "mtime_ns": self.mtime_ns}


class SourceUnit(_Unit):
    """The content of a file. ``path`` is where a stage may read it; it is no part of the identity."""

    kind: Literal[UnitKind.SOURCE] = UnitKind.SOURCE
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    path: str

    @property
    def unit_id(self) -> str:
        """The first 16 hexadecimal digits of the content's hash."""
        return self.sha256[:ID_HEX_DIGITS]

    @property
    def root(self) -> dict[str, str | int]:
        """The hash of the content."""
        return {"source": self.sha256}


class SpanUnit(_Unit):
    """A run of source frames ``[first, end)`` on the source's own timeline, small enough for one worker.

    ``lead`` and ``tail`` frames outside the span may be read for context; results are kept for the span alone.
    """

    kind: Literal[UnitKind.SPAN] = UnitKind.SPAN
    source: SourceUnit
    index: int = Field(ge=0)
    first: int = Field(ge=0)
    end: int = Field(gt=0)

    @property
    def unit_id(self) -> str:
        """The source's id and the span's number."""
        return f"{self.source.unit_id}-span{self.index:05d}"

    @property
    def root(self) -> dict[str, str | int]:
        """The source's content and the frames."""
        return {**self.source.root, "first": self.first, "end": self.end}


class ClipUnit(_Unit):
    """A training window on the 25 fps timeline of a source.

    The target is frames ``first .. first + frames - 1``, the motion context the ``motion_frames`` directly before them (0: none).
    ``shot``, ``shot_first`` and ``shot_end`` (past the end) tell the shot it lies in, on the same timeline; they are facts about
    the window and not part of its identity, so that a shot boundary that moves elsewhere leaves finished clips alone.
    """

    kind: Literal[UnitKind.CLIP] = UnitKind.CLIP
    source: SourceUnit
    first: int = Field(ge=0)
    frames: int = Field(gt=0)
    motion_frames: int = Field(ge=0)
    shot: int = Field(ge=0)
    shot_first: int = Field(ge=0)
    shot_end: int = Field(gt=0)

    @property
    def unit_id(self) -> str:
        """The source's id and the first frame."""
        return f"{self.source.unit_id}-{self.first:08d}"

    @property
    def root(self) -> dict[str, str | int]:
        """The source's content and the window."""
        return {**self.source.root, "first": self.first, "frames": self.frames, "motion_frames": self.motion_frames}


Unit = Annotated[FileUnit | SourceUnit | SpanUnit | ClipUnit, Field(discriminator="kind")]
_ADAPTER: TypeAdapter[FileUnit | SourceUnit | SpanUnit | ClipUnit] = TypeAdapter(Unit)


def unit_to_json(unit: FileUnit | SourceUnit | SpanUnit | ClipUnit) -> str:
    """The unit as one line of JSON: what travels between processes."""
    return _ADAPTER.dump_json(unit).decode()


def unit_from_json(text: str | bytes) -> FileUnit | SourceUnit | SpanUnit | ClipUnit:
    """The unit that `unit_to_json` wrote. Raises `pydantic.ValidationError` for anything else."""
    return _ADAPTER.validate_json(text)


def source_of(unit: FileUnit | SourceUnit | SpanUnit | ClipUnit) -> SourceUnit:
    """The source that a unit belongs to. Raises `TypeError` for a file, whose content is not known yet."""
    if isinstance(unit, SourceUnit):
        return unit
    if isinstance(unit, SpanUnit | ClipUnit):
        return unit.source
    raise TypeError(f"a file has no source before it is identified: {unit.path}")
