"""Shots and windows as typed records."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Shot(_Record):
    """An uncut run of frames: ``source_first .. source_end - 1`` of the source, ``first .. end - 1`` at 25 fps."""

    index: int
    source_first: int
    source_end: int
    first: int
    end: int
    windows: int


class Window(_Record):
    """A window at 25 fps: target ``first .. first + frames - 1`` and the ``motion_frames`` directly before it."""

    first: int
    frames: int
    motion_frames: int
    shot: int


class SplitResult(_Record):
    """`split.json`: all shots and windows of a source, and the scores."""

    shots: tuple[Shot, ...]
    windows: tuple[Window, ...]
    scores: dict[str, float | int]
