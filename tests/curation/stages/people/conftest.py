from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from cointeract_curation.core.stage import Scores
from cointeract_curation.core.units import ClipUnit, SourceUnit
from cointeract_curation.media.encode import EncoderConfig, H264Writer
from cointeract_curation.media.frames import DecodedVideo
from cointeract_curation.stages.people import PeopleConfig, PeopleStage
from cointeract_curation.stages.quality.record import QUALITY_FILE, FrameSeries, QualityRecord
from cointeract_curation.synth import Truth
from cointeract_shards.records import Tracks
from tests.curation.local_workspace import LocalStore

STRIDE = 5
"""Few looks keep the suite short; every `max_gap` bridges it."""

Picture = NDArray[np.uint8]
RunClip = Callable[..., "Result"]


@dataclass(frozen=True)
class Result:
    """What the stage made of a clip."""

    scores: Scores
    tracks: Tracks
    landmarks: Path
    tracks_bytes: bytes


@dataclass(frozen=True)
class Rendered:
    """Frames of the rendered livestream and their truth."""

    video: DecodedVideo
    truth: Truth

    def frames(self, first: int, count: int) -> list[Picture]:
        return [np.ascontiguousarray(frame) for _, frame in self.video.at(list(range(first, first + count)))]


@pytest.fixture(scope="session")
def rendered(livestream: Path) -> Rendered:
    return Rendered(DecodedVideo(livestream), Truth.load(livestream.with_suffix(".truth.json")))


@pytest.fixture(scope="session")
def stage() -> Iterator[PeopleStage]:
    stage = PeopleStage(PeopleConfig(stride=STRIDE))
    stage.setup()
    yield stage
    stage.close()


@pytest.fixture
def run_clip(tmp_path: Path, stage: PeopleStage) -> RunClip:
    """Store frames as `cut` and `quality` would, run the stage, and read what it wrote."""

    def run(frames: Sequence[Picture], name: str = "clip", runner: PeopleStage = stage) -> Result:
        count, (height, width) = len(frames), frames[0].shape[:2]
        source = SourceUnit(sha256="0" * 64, path="source.mp4")
        unit = ClipUnit(source=source, first=0, frames=count, motion_frames=0, shot=0, shot_first=0, shot_end=count)
        folder = tmp_path / name
        store = LocalStore(folder, {(unit.unit_id, "cut"): {}, (unit.unit_id, "quality"): {}})
        for required in ("cut", "quality"):
            (folder / unit.unit_id / required).mkdir(parents=True, exist_ok=True)
        with H264Writer(store.artifact(unit, "cut", "rgb.mp4"), width, height, EncoderConfig()) as writer:
            for frame in frames:
                writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2YUV_I420))
        nothing = FrameSeries(stride=1, values=[])
        QualityRecord(
            width=width,
            height=height,
            frames=count,
            luminance=nothing,
            sharpness=nothing,
            motion=nothing,
            black_runs=[],
            frozen_runs=[],
            overlays=[],
            text=[],
            speech_probability=[],
            speech_chunk=512,
            speech_runs=[],
        ).save(store.artifact(unit, "quality", QUALITY_FILE))
        scores = store.run(runner, unit)
        tracks = store.artifact(unit, "people", "tracks.json").read_bytes()
        return Result(
            scores,
            Tracks.from_bytes(tracks, where="tracks.json"),
            store.artifact(unit, "people", "landmarks.npz"),
            tracks,
        )

    return run
