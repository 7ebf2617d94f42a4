"""Decoded frames of a stored clip."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from cointeract_curation.media.frames import DecodedVideo
from cointeract_curation.synth.counter import read_counter, render_counter_video


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    render_counter_video(path, frames=20, rate=Fraction(25), width=96, height=64)
    return path


@pytest.mark.parametrize("cache_bytes", [10**9, 0])
def test_frames_are_the_same_kept_or_decoded_again(clip: Path, cache_bytes: int) -> None:
    video = DecodedVideo(clip, cache_bytes)
    assert (video.count, video.height, video.width) == (20, 64, 96)
    for _ in range(2):
        frames = list(video)
        assert [read_counter(frame) for frame in frames] == list(range(20))
        assert all(
            frame.dtype == np.uint8 and frame.shape == (64, 96, 3) and not frame.flags.writeable for frame in frames
        )


@pytest.mark.parametrize("cache_bytes", [10**9, 0])
def test_single_frames_come_with_their_index(clip: Path, cache_bytes: int) -> None:
    video = DecodedVideo(clip, cache_bytes)
    for _ in range(2):
        assert [(index, read_counter(frame)) for index, frame in video.at([0, 3, 19])] == [(0, 0), (3, 3), (19, 19)]
        assert list(video.at([])) == []


def test_a_short_clip_is_decoded_once(clip: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(clip.read_bytes())
    video = DecodedVideo(copy)
    assert [index for index, _ in video.at([2])] == [2]
    copy.unlink()
    assert len(list(video)) == 20


def test_frames_that_do_not_exist_are_refused(clip: Path) -> None:
    with pytest.raises(IndexError, match="which has 20"):
        list(DecodedVideo(clip).at([3, 20]))
    with pytest.raises(ValueError, match="sorted"):
        list(DecodedVideo(clip).at([3, 3]))
