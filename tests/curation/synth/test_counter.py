from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cointeract_curation.synth.counter import (
    CHECK_BITS,
    MAX_FRAMES,
    SAMPLE_RATE,
    CounterError,
    counter_frame,
    find_clicks,
    read_counter,
    render_counter_video,
)

RATES = [Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(30), Fraction(50), Fraction(60)]


def decode(path: Path) -> tuple[list[NDArray[np.uint8]], list[Fraction]]:
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    return [frame.to_ndarray(format="rgb24") for frame in frames], [frame.pts * frame.time_base for frame in frames]


def decode_audio(path: Path) -> NDArray[np.float32]:
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=SAMPLE_RATE)
        blocks = [out.to_ndarray() for frame in container.decode(audio=0) for out in resampler.resample(frame)]
    return np.concatenate(blocks, axis=1)[0]


@given(index=st.integers(0, MAX_FRAMES - 1), size=st.tuples(st.integers(48, 200), st.integers(32, 200)))
def test_any_index_is_read_back_at_any_size(index: int, size: tuple[int, int]) -> None:
    assert read_counter(counter_frame(index, *size)) == index


@given(index=st.integers(0, MAX_FRAMES - 1), bit=st.integers(0, 15 + CHECK_BITS))
def test_one_wrong_block_is_refused(index: int, bit: int) -> None:
    frame = counter_frame(index, 96, 64)
    row, column = divmod(bit, 6)
    block = (slice(row * 16, row * 16 + 16), slice(column * 16, column * 16 + 16))
    frame[block] = 251 - frame[block]
    with pytest.raises(CounterError, match="checksum"):
        read_counter(frame)


def test_a_blend_of_two_frames_is_refused() -> None:
    blend = (counter_frame(1, 96, 64).astype(int) + counter_frame(2, 96, 64)) // 2
    with pytest.raises(CounterError, match="neither black nor white"):
        read_counter(blend.astype(np.uint8))


@pytest.mark.parametrize("rate", RATES, ids=str)
def test_each_frame_of_a_constant_rate_reads_its_index_at_its_time(tmp_path: Path, rate: Fraction) -> None:
    render_counter_video(tmp_path / "a.mp4", frames=40, rate=rate, width=160, height=120)
    frames, times = decode(tmp_path / "a.mp4")
    assert [read_counter(frame) for frame in frames] == list(range(40))
    assert times == [index / rate for index in range(40)]


def test_a_variable_rate_keeps_every_time(tmp_path: Path) -> None:
    rng = random.Random(3)
    times = [Fraction(0)]
    while len(times) < 40:
        times.append(times[-1] + Fraction(rng.randint(8, 120), 1000))
    render_counter_video(tmp_path / "a.mp4", frames=40, times=times, width=160, height=120)
    render_counter_video(tmp_path / "a.mkv", frames=40, times=times, width=160, height=120)
    for name in ("a.mp4", "a.mkv"):
        frames, decoded = decode(tmp_path / name)
        assert [read_counter(frame) for frame in frames] == list(range(40))
        assert decoded == times


@pytest.mark.parametrize("name", ["a.mkv", "a.mov", "a.mp4"])
def test_clicks_start_at_the_sample_that_was_asked_for(tmp_path: Path, name: str) -> None:
    clicks = [Fraction(0), Fraction(1, 3), Fraction(1001, 1000)]
    render_counter_video(tmp_path / name, frames=40, rate=Fraction(25), width=160, height=120, click_seconds=clicks)
    found = find_clicks(decode_audio(tmp_path / name), SAMPLE_RATE)
    tolerance = 0 if name != "a.mp4" else 2  # AAC smears an edge by a sample or two
    assert len(found) == len(clicks)
    assert all(abs(float(a - b)) * SAMPLE_RATE <= tolerance for a, b in zip(found, clicks, strict=True))


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4", "a.mkv", "b.mkv"):
        render_counter_video(
            tmp_path / name, frames=30, rate=Fraction(30), width=160, height=120, click_seconds=[Fraction(1, 2)]
        )
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    assert (tmp_path / "a.mkv").read_bytes() == (tmp_path / "b.mkv").read_bytes()


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda path: render_counter_video(path, frames=3), "exactly one"),
        (lambda path: render_counter_video(path, frames=0, rate=Fraction(25)), "frames=0"),
        (lambda path: render_counter_video(path, frames=2, times=[Fraction(1), Fraction(1)]), "increasing"),
        (lambda path: render_counter_video(path, frames=2, times=[Fraction(1)]), "1 times for 2 frames"),
        (lambda path: render_counter_video(path, frames=2, rate=Fraction(25), click_seconds=[Fraction(9)]), "outside"),
    ],
)
def test_bad_arguments_are_refused_and_leave_no_file(tmp_path: Path, call: Callable[[Path], None], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        call(tmp_path / "a.mp4")
    assert not list(tmp_path.iterdir())
