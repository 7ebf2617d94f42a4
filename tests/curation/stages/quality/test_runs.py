from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cointeract_curation.media.encode import EncoderConfig, H264Writer
from cointeract_curation.media.frames import DecodedVideo
from cointeract_curation.stages.quality.config import QualityConfig
from cointeract_curation.stages.quality.pictures import scaled, take_pictures
from cointeract_curation.stages.quality.runs import black_frames, flagged_runs, frozen_runs, longest, repeats
from tests.curation.stages.quality.scenes import panning

RUNS = QualityConfig().runs
SETTLING = 3  # frames in which the encoder still refines a picture that has come to rest


def frozen(luma: NDArray[np.uint8]) -> list[tuple[int, int]]:
    return frozen_runs(luma, RUNS.frozen_tile, RUNS.frozen_difference, RUNS.frozen_keyframe_difference)


def moving_luma(count: int) -> NDArray[np.uint8]:
    return np.stack([scaled(np.asarray(cv2.cvtColor(f, cv2.COLOR_RGB2GRAY)), 180) for f in panning(count, 4)])


def test_a_black_run_of_ten_frames_is_found_where_it_is() -> None:
    luma = moving_luma(40)
    luma[12:22] = 16
    runs = flagged_runs(black_frames(luma, RUNS.black_luma, RUNS.black_share))
    assert runs == [(12, 22)]
    assert longest(runs) == 10


def test_a_dark_scene_with_a_lamp_is_not_black() -> None:
    luma = np.full((2, 100, 100), 10, dtype=np.uint8)
    luma[1, :20, :20] = 200
    assert black_frames(luma, RUNS.black_luma, RUNS.black_share).tolist() == [True, False]


def test_a_moving_scene_has_no_frozen_run() -> None:
    assert frozen(moving_luma(30)) == []


def test_a_frozen_run_counts_the_frame_that_is_repeated() -> None:
    luma = moving_luma(30)
    luma[10:18] = luma[10]
    runs = frozen(luma)
    assert runs == [(10, 18)]
    assert (longest(runs), repeats(runs)) == (8, 7)


def test_a_moving_mouth_in_a_still_picture_is_not_frozen() -> None:
    luma = np.repeat(moving_luma(1), 10, axis=0)
    luma[:, 150:162, 80:96] = np.random.default_rng(0).integers(0, 255, (10, 12, 16))
    assert frozen(luma) == []


def test_a_frozen_stretch_survives_the_keyframes_of_an_encoder(tmp_path: Path) -> None:
    frames = panning(45, 4)
    frames[10:36] = [frames[10]] * 26
    path = tmp_path / "rgb.mp4"
    with H264Writer(path, 360, 640, EncoderConfig(keyframe_interval=12)) as writer:
        for frame in frames:
            writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2YUV_I420))
    runs = frozen(take_pictures(DecodedVideo(path), QualityConfig()).luma)
    assert len(runs) == 1
    assert runs[0][0] - 10 in range(SETTLING + 1)
    assert runs[0][1] == 36


@given(st.lists(st.booleans(), max_size=30))
def test_runs_cover_exactly_the_flagged_frames(flags: list[bool]) -> None:
    runs = flagged_runs(np.array(flags, dtype=bool))
    covered = [index for first, end in runs for index in range(first, end)]
    assert covered == [index for index, flag in enumerate(flags) if flag]
    assert all(end < following for (_, end), (following, _) in pairwise(runs))
