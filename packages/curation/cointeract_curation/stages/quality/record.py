"""``quality.json``: what the scores were made from, for a reader, a plot, and the stages that come later.

Boxes are ``[x1, y1, x2, y2]`` in pixels of the clip's video, ends past the last pixel. Series are rounded; scores are
not.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from cointeract_shards import canonical_json
from cointeract_shards.records import Box

QUALITY_FILE = "quality.json"


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class OverlayRegion(_Record):
    """One persistent text region: its place, and the share of the sampled frames that it is in."""

    box: Box
    presence: float


class TextInFrame(_Record):
    """All text found in one frame, overlay or not."""

    frame: int
    boxes: list[Box]


class FrameSeries(_Record):
    """Values of the frames ``first, first + stride, ...``."""

    first: int = 0
    stride: int
    values: list[float]


class QualityRecord(_Record):
    """The artifact of the `quality` stage.

    Attributes:
        width: columns of the clip's video.
        height: rows of the clip's video.
        frames: number of frames.
        luminance: mean luma of every frame, 0..255.
        sharpness: variance of the Laplacian at the normalised size.
        motion: mean speed of each pair of frames in frame diagonals per second, by the pair's first frame.
        black_runs: runs of black frames as (first, end).
        frozen_runs: runs of frames that show one picture, as (first, end).
        overlays: persistent, still text.
        text: all text in the frames that were looked at.
        speech_probability: Silero VAD's output for each chunk of `speech_chunk` samples.
        speech_chunk: audio samples in a chunk.
        speech_runs: runs of speech in audio samples, as (first, end).
    """

    schema_version: Literal[1] = 1
    width: int
    height: int
    frames: int
    luminance: FrameSeries
    sharpness: FrameSeries
    motion: FrameSeries
    black_runs: list[tuple[int, int]]
    frozen_runs: list[tuple[int, int]]
    overlays: list[OverlayRegion]
    text: list[TextInFrame]
    speech_probability: list[float]
    speech_chunk: int
    speech_runs: list[tuple[int, int]]

    @property
    def overlay_boxes(self) -> list[Box]:
        """Boxes of the overlays, for `boxes.covered_share`."""
        return [overlay.box for overlay in self.overlays]

    def save(self, path: Path) -> None:
        """Write canonical JSON: equal records give equal bytes. Raises `RecordError` for a number that isn't finite."""
        path.write_bytes(canonical_json.encode(self.model_dump(mode="python")))

    @classmethod
    def load(cls, path: Path) -> QualityRecord:
        """Read what `save` wrote. Raises `RecordError` or `pydantic.ValidationError` for anything else."""
        return cls.model_validate(canonical_json.decode(path.read_bytes(), where=str(path)))
