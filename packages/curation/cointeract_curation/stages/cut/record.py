"""What `cut` writes down about a clip."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class CutRecord(BaseModel):
    """`cut.json`. Times are in seconds from the source's first frame, frames are source frames in display order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    first: int
    """First target frame at 25 fps."""
    frames: int
    motion_frames: int
    start_s: float
    rate: str | None
    """The source's constant rate; None where it varies."""
    source_frames: tuple[int, ...]
    """For each stored frame, motion before target, the source frame it shows."""
    source_format: str
    """Pixel format, matrix and range of the source's pictures."""
    width: int
    height: int
    audio_samples: int
    audio_coverage: float
