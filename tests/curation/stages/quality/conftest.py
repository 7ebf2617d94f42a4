from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from cointeract_curation.core.units import ClipUnit, SourceUnit
from cointeract_curation.media.audio import write_wav
from cointeract_curation.media.encode import EncoderConfig, H264Writer
from cointeract_curation.stages.quality import QualityConfig, QualityStage
from cointeract_curation.stages.quality.text_overlay import TextFinder
from cointeract_shards.constants import SAMPLE_RATE
from tests.curation.local_workspace import LocalStore

MakeClip = Callable[[list[NDArray[np.uint8]], NDArray[np.int16]], tuple[LocalStore, ClipUnit]]


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    cv2.setNumThreads(1)


@pytest.fixture(scope="session")
def find_text() -> TextFinder:
    return TextFinder(QualityConfig().overlay.text_score)


@pytest.fixture(scope="session")
def stage() -> Iterator[QualityStage]:
    stage = QualityStage(QualityConfig())
    stage.setup()
    yield stage
    stage.close()


@pytest.fixture
def make_clip(tmp_path: Path) -> MakeClip:
    """Stores frames and sound as `cut` would, and gives the store and the clip."""

    def make(frames: list[NDArray[np.uint8]], samples: NDArray[np.int16]) -> tuple[LocalStore, ClipUnit]:
        source = SourceUnit(sha256="0" * 64, path="source.mp4")
        count = len(frames)
        unit = ClipUnit(source=source, first=0, frames=count, motion_frames=0, shot=0, shot_first=0, shot_end=count)
        store = LocalStore(tmp_path, {(unit.unit_id, "cut"): {}})
        folder = tmp_path / unit.unit_id / "cut"
        folder.mkdir(parents=True, exist_ok=True)
        height, width = frames[0].shape[:2]
        with H264Writer(folder / "rgb.mp4", width, height, EncoderConfig()) as writer:
            for frame in frames:
                writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2YUV_I420))
        write_wav(folder / "audio.wav", samples, SAMPLE_RATE)
        return store, unit

    return make
