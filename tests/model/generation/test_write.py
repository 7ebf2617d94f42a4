"""The file: frames, sound at its place, readable while it grows."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from cointeract_model.generation.write import TRACK_RATE, VideoFile

CLIP, SIZE = 80, (64, 80)
FRAGMENT = 5  # frames: a fifth of a second


def pictures(count: int, first: int = 0) -> NDArray[np.uint8]:
    """Grey, brighter with time."""
    levels = (60 + (first + np.arange(count)) % 120).astype(np.uint8)
    return np.broadcast_to(levels[:, None, None, None], (count, *SIZE, 3)).copy()


def silence(frames: float, channels: int = 1) -> NDArray[np.float32]:
    return np.zeros((channels, round(frames * TRACK_RATE / 25)), np.float32)


def decoded(path: Path) -> tuple[list[float], NDArray[np.float64], NDArray[np.float32], float]:
    """Times of frames, their mean levels, the sound, and the time at which that begins."""
    with av.open(str(path)) as file:
        frames = [(frame.time, frame.to_ndarray(format="rgb24").mean()) for frame in file.decode(video=0)]
    with av.open(str(path)) as file:
        sound = [(frame.time, frame.to_ndarray()) for frame in file.decode(audio=0)]
    times, levels = zip(*frames, strict=True)
    return list(times), np.array(levels), np.concatenate([samples for _, samples in sound], 1), float(sound[0][0])


@pytest.mark.parametrize("seconds", [0.6, 3.3, 7.84])
def test_a_click_is_heard_when_its_frame_is_seen(tmp_path: Path, seconds: float) -> None:
    track = silence(240)
    at = round(seconds * TRACK_RATE)
    track[0, at : at + 96] = 0.9
    frame = int(seconds * 25)
    with VideoFile(tmp_path / "a.mp4", track) as file:
        for clip in range(3):
            shown = pictures(CLIP)
            if frame // CLIP == clip:
                shown[frame % CLIP] = 255
            file.append(shown)
    times, levels, sound, begins = decoded(tmp_path / "a.mp4")
    heard = begins + int(np.flatnonzero(np.abs(sound[0]) > 0.3)[0]) / TRACK_RATE
    assert abs(heard - seconds) < 0.001
    assert times[int(levels.argmax())] == frame / 25
    assert len(times) == 240
    assert times == [number / 25 for number in range(240)]


@pytest.mark.parametrize("frames", [1, 2, 79, 80, 97])
@pytest.mark.parametrize("channels", [1, 2])
def test_any_length_has_all_its_frames_and_its_sound(tmp_path: Path, frames: int, channels: int) -> None:
    with VideoFile(tmp_path / "a.mp4", silence(frames - 0.5, channels)) as file:
        for first in range(0, frames, CLIP):
            file.append(pictures(min(CLIP, frames - first), first))
    times, levels, sound, _ = decoded(tmp_path / "a.mp4")
    assert len(times) == frames
    assert np.abs(levels - pictures(frames)[:, 0, 0, 0]).max() < 3
    assert len(sound) == channels
    assert 0 <= sound.shape[1] - (frames - 0.5) * 1920 < 1024  # AAC fills its last step


def test_a_written_clip_can_be_read_before_the_next_one(tmp_path: Path) -> None:
    file = VideoFile(tmp_path / "a.mp4", silence(240))
    file.append(pictures(CLIP))
    times, levels, sound, _ = decoded(tmp_path / "a.mp4")
    assert len(times) >= CLIP - FRAGMENT
    assert np.abs(levels - pictures(CLIP)[: len(levels), 0, 0, 0]).max() < 3
    assert sound.shape[1] >= (CLIP - FRAGMENT) * 1920 - 1024
    before = (tmp_path / "a.mp4").read_bytes()
    file.append(pictures(CLIP))
    file.close()
    after = (tmp_path / "a.mp4").read_bytes()
    assert after.startswith(before)  # written once: nothing that was there is touched


def test_colours_are_those_that_were_given_and_the_file_says_how_they_are_stored(tmp_path: Path) -> None:
    colours = [(200, 40, 40), (40, 160, 60), (50, 60, 190), (255, 255, 255), (0, 0, 0)]
    shown = np.zeros((5, *SIZE, 3), np.uint8)
    shown[:] = np.array(colours, np.uint8)[:, None, None]
    with VideoFile(tmp_path / "a.mp4", silence(5)) as file:
        file.append(shown)
    with av.open(str(tmp_path / "a.mp4")) as read:
        coder = read.streams.video[0].codec_context
        assert (coder.name, read.streams.audio[0].codec_context.name) == ("h264", "aac")
        assert (int(coder.colorspace), int(coder.color_range)) == (1, 1)
        found = [frame.to_ndarray(format="rgb24").mean((0, 1)) for frame in read.decode(video=0)]
    assert np.abs(np.array(found) - np.array(colours)).max() < 6


def test_an_error_leaves_what_was_written(tmp_path: Path) -> None:
    def interrupted() -> None:
        with VideoFile(tmp_path / "a.mp4", silence(240)) as file:
            file.append(pictures(CLIP))
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        interrupted()
    assert len(decoded(tmp_path / "a.mp4")[0]) == CLIP


def test_without_a_frame_there_is_no_file(tmp_path: Path) -> None:
    with VideoFile(tmp_path / "a.mp4", silence(80)):
        pass
    assert not (tmp_path / "a.mp4").exists()


def test_equal_frames_make_equal_files(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4"):
        with VideoFile(tmp_path / name, silence(80)) as file:
            file.append(pictures(CLIP))
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
