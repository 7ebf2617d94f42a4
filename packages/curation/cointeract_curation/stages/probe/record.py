"""What `probe` writes down about a source."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from cointeract_curation.media.timeline import Timing


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class VideoStreamRecord(_Record):
    """The video stream. Sizes are in pixels; colour fields are FFmpeg's names or ``unspecified``."""

    index: int
    codec: str
    profile: str | None
    pixel_format: str
    bit_depth: int
    alpha: bool
    width: int
    height: int
    display_width: int
    display_height: int
    rotation: int
    """Clockwise degrees from the coded to the upright picture."""
    mirrored: bool
    pixel_aspect: str
    interlaced: bool
    colour_range: str
    colour_matrix: str
    colour_primaries: str
    colour_transfer: str
    stated_rate: str | None
    """What the container states, which may be wrong."""
    rate: str | None
    """Exact constant rate as a fraction; None where it varies."""
    timing: Timing
    start_s: float
    """Time of the first frame on the container's clock."""
    sizes: tuple[str, ...]
    """Picture sizes seen, as ``720x1280``."""


class AudioStreamRecord(_Record):
    """One audio stream, as far as its packets tell."""

    index: int
    codec: str
    sample_rate: int
    channels: int
    layout: str
    start_s: float | None
    duration_s: float
    """From its first packet to the end of its last."""
    packets: int


class ProbeRecord(_Record):
    """`probe.json`."""

    container: str
    container_duration_s: float | None
    """What the header states; None where it states nothing."""
    bytes_read: int
    video: VideoStreamRecord
    audio: tuple[AudioStreamRecord, ...]
    notes: tuple[str, ...]
    """What was odd, in plain words."""
