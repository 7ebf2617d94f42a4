"""Every stored frame is the right frame of the source, and every sample is where it belongs."""

from __future__ import annotations

import hashlib
import random
import wave
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from cointeract_curation.core.stage import Scores
from cointeract_curation.core.units import ClipUnit, SourceUnit
from cointeract_curation.media.decode import decode_range
from cointeract_curation.media.encode import EncoderConfig
from cointeract_curation.media.frames import DecodedVideo
from cointeract_curation.media.timeline import load_timeline
from cointeract_curation.stages.cut import CutConfig, CutRecord, CutStage
from cointeract_curation.stages.cut.pictures import MissingFrameError
from cointeract_curation.stages.probe import ProbeConfig, ProbeStage
from cointeract_curation.synth.counter import find_clicks, read_counter, render_counter_video
from tests.curation.bad_inputs import make_bad_inputs, run_ffmpeg
from tests.curation.local_workspace import LocalStore, source_unit

QUICK = CutConfig(encoder=EncoderConfig(preset="ultrafast"))
MILLISECOND = Fraction(1, 1000)


class Cutter:
    """Probes a source once and cuts windows out of it."""

    def __init__(self, path: Path, folder: Path, config: CutConfig = QUICK) -> None:
        self.store = LocalStore(folder)
        self.source: SourceUnit = source_unit(path)
        self.probed = self.store.run(ProbeStage(ProbeConfig()), self.source)
        self.timeline = load_timeline(self.store.artifact(self.source, "probe", "timeline.npz"))
        self.stage = CutStage(config)

    def cut(self, first: int, frames: int, motion: int) -> tuple[ClipUnit, Scores]:
        clip = ClipUnit(
            source=self.source, first=first, frames=frames, motion_frames=motion, shot=0, shot_first=0, shot_end=10**6
        )
        return clip, self.store.run(self.stage, clip)

    def path(self, clip: ClipUnit, name: str) -> Path:
        return self.store.artifact(clip, "cut", name)

    def counters(self, clip: ClipUnit) -> list[int]:
        """The numbers burnt into the stored frames, motion before target."""
        names = ["motion.mp4", "rgb.mp4"] if clip.motion_frames else ["rgb.mp4"]
        return [read_counter(frame) for name in names for frame in DecodedVideo(self.path(clip, name))]

    def sound(self, clip: ClipUnit) -> NDArray[np.int16]:
        with wave.open(str(self.path(clip, "audio.wav"))) as file:
            assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 16_000)
            return np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16)


def on_display(times: Sequence[Fraction], output: int, tolerance: Fraction = Fraction(0)) -> int:
    """The frame that a viewer sees at output frame ``output``: worked out frame by frame, apart from the project's own code."""
    return max(index for index, time in enumerate(times) if time - times[0] <= Fraction(output, 25) + tolerance)


@pytest.mark.parametrize("rate", ["24", "25", "30000/1001", "30", "50", "60"])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_every_frame_of_a_constant_rate_source_is_the_one_on_display(tmp_path: Path, rate: str, suffix: str) -> None:
    exact = Fraction(rate)
    path = tmp_path / f"counter{suffix}"
    count = int(exact * 7) + 1
    render_counter_video(
        path, frames=count, rate=exact, width=96, height=64, options={"g": "48", "preset": "ultrafast"}
    )
    cutter = Cutter(path, tmp_path / "store")
    assert (cutter.probed["constant_rate"], cutter.timeline.rate) == (True, exact)
    clip, scores = cutter.cut(first=80, frames=81, motion=73)
    expected = [on_display([index / exact for index in range(count)], output) for output in range(7, 161)]
    assert cutter.counters(clip) == expected
    assert scores["source_frames_used"] == len(set(expected))
    assert scores["duplicates"] == pytest.approx(sum(a == b for a, b in pairwise(expected)) / len(expected))


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_every_frame_of_a_variable_rate_source_is_the_one_on_display(tmp_path: Path, suffix: str) -> None:
    chance = random.Random(3)
    times = [Fraction(0)]
    while times[-1] < 7:
        times.append(times[-1] + Fraction(chance.choice([17, 20, 33, 40, 41, 66, 100]), 1000))
    path = tmp_path / f"counter{suffix}"
    render_counter_video(
        path, frames=len(times), times=times, width=96, height=64, options={"g": "30", "preset": "ultrafast"}
    )
    cutter = Cutter(path, tmp_path / "store")
    assert cutter.probed["constant_rate"] is False
    clip, _ = cutter.cut(first=80, frames=81, motion=73)
    assert cutter.counters(clip) == [on_display(times, output, 2 * MILLISECOND) for output in range(7, 161)]


@pytest.mark.parametrize("container", ["ts", "h264", "avi"])
def test_containers_without_an_index_or_without_times_give_the_right_frames(tmp_path: Path, container: str) -> None:
    original = tmp_path / "counter.mp4"
    render_counter_video(original, frames=120, rate=Fraction(25), width=96, height=64, options={"g": "30"})
    path = tmp_path / f"counter.{container}"
    run_ffmpeg("-i", original, "-c", "copy", path)
    cutter = Cutter(path, tmp_path / "store")
    clip, _ = cutter.cut(first=70, frames=40, motion=20)
    assert cutter.counters(clip) == list(range(50, 110))


def test_an_open_group_of_pictures_gives_the_right_frames(tmp_path: Path) -> None:
    original, path = tmp_path / "counter.mp4", tmp_path / "open.mp4"
    render_counter_video(original, frames=120, rate=Fraction(25), width=96, height=64)
    run_ffmpeg(
        "-i", original, "-c:v", "libx264", "-x264-params", "open-gop=1:keyint=30:bframes=3:b-adapt=0:scenecut=0", path
    )
    cutter = Cutter(path, tmp_path / "store")
    for first in (27, 30, 57, 60):
        clip, _ = cutter.cut(first=first, frames=10, motion=0)
        assert cutter.counters(clip) == list(range(first, first + 10))


def test_a_window_at_the_very_end_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "counter.mp4"
    render_counter_video(path, frames=90, rate=Fraction(25), width=96, height=64)
    cutter = Cutter(path, tmp_path / "store")
    clip, _ = cutter.cut(first=9, frames=81, motion=0)
    assert cutter.counters(clip) == list(range(9, 90))
    assert not cutter.path(clip, "motion.mp4").exists()


# --- pictures -----------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def odd_inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("odd")
    make_bad_inputs(folder)
    return folder


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("fine.mp4", (192, 144)),
        ("hevc-10-bit.mp4", (192, 144)),
        ("av1.mp4", (192, 144)),
        ("anamorphic.mp4", (256, 144)),
        ("alpha-rle.mov", (192, 144)),
        ("alpha-png.mov", (192, 144)),
        ("alpha-vp9.webm", (192, 144)),
        ("zero-duration.mp4", (192, 144)),
        ("interlaced.mp4", (192, 144)),
    ],
)
def test_an_odd_source_is_stored_as_plain_video_with_the_right_frames(
    odd_inputs: Path, tmp_path: Path, name: str, size: tuple[int, int]
) -> None:
    cutter = Cutter(odd_inputs / name, tmp_path)
    clip, scores = cutter.cut(first=30, frames=20, motion=10)
    assert (scores["width"], scores["height"]) == size
    assert cutter.counters(clip) == list(range(20, 50))
    with av.open(str(cutter.path(clip, "rgb.mp4"))) as container:
        stream = container.streams.video[0]
        frame = next(container.decode(stream))
        assert (stream.average_rate, stream.frames, frame.format.name) == (25, 20, "yuv420p")
        assert (frame.color_range, frame.colorspace) == (1, 1)  # limited, BT.709
        assert stream.sample_aspect_ratio in {None, 0, 1}


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_rotated_source_is_stored_upright(odd_inputs: Path, tmp_path: Path, degrees: int) -> None:
    upright = DecodedVideo(odd_inputs / "fine.mp4")
    # Turn the picture, and ask the player to turn it back: what is stored must be the upright picture again.
    turned, path = tmp_path / "turned.mp4", tmp_path / "asks.mp4"
    filters = {90: "transpose=clock", 180: "hflip,vflip", 270: "transpose=cclock"}
    run_ffmpeg("-i", odd_inputs / "fine.mp4", "-vf", filters[degrees], "-an", turned)
    run_ffmpeg("-display_rotation", str(degrees), "-i", turned, "-c", "copy", path)
    cutter = Cutter(path, tmp_path / "store")
    clip, _ = cutter.cut(first=5, frames=10, motion=5)
    assert cutter.counters(clip) == list(range(15))
    stored = DecodedVideo(cutter.path(clip, "rgb.mp4"))
    assert (stored.width, stored.height) == (upright.width, upright.height)
    (_, before), (_, after) = next(upright.at([5])), next(stored.at([0]))
    assert np.abs(before.astype(int) - after.astype(int)).mean() < 6


def test_a_mirrored_source_is_stored_unmirrored(odd_inputs: Path, tmp_path: Path) -> None:
    mirrored, path = tmp_path / "mirrored.mp4", tmp_path / "asks.mp4"
    run_ffmpeg("-i", odd_inputs / "fine.mp4", "-vf", "hflip", "-an", mirrored)
    run_ffmpeg("-display_hflip", "-i", mirrored, "-c", "copy", path)
    cutter = Cutter(path, tmp_path / "store")
    assert cutter.probed["mirrored"] is True
    clip, _ = cutter.cut(first=0, frames=10, motion=0)
    assert cutter.counters(clip) == list(range(10))


@pytest.mark.parametrize(("size", "stored"), [((193, 145), (192, 144)), ((191, 144), (190, 144))])
def test_odd_sides_lose_a_row_or_column(tmp_path: Path, size: tuple[int, int], stored: tuple[int, int]) -> None:
    path = tmp_path / "odd.mkv"
    render_counter_video(
        path,
        frames=30,
        rate=Fraction(25),
        width=size[0],
        height=size[1],
        codec="ffv1",
        pixel_format="yuv444p",
        options={},
    )
    cutter = Cutter(path, tmp_path / "store")
    clip, scores = cutter.cut(first=3, frames=20, motion=3)
    assert (scores["width"], scores["height"]) == stored
    assert cutter.counters(clip) == list(range(23))


def test_a_large_picture_is_scaled_down_to_the_short_side(tmp_path: Path) -> None:
    path = tmp_path / "large.mp4"
    render_counter_video(path, frames=12, rate=Fraction(25), width=270, height=480)
    cutter = Cutter(path, tmp_path / "store", CutConfig(max_short_side=128))
    clip, scores = cutter.cut(first=0, frames=12, motion=0)
    assert (scores["width"], scores["height"]) == (128, 228)
    assert cutter.counters(clip) == list(range(12))


def _colour_bars(path: Path, *encode: str) -> None:
    run_ffmpeg("-f", "lavfi", "-i", "smptehdbars=size=192x108:rate=25:duration=1,format=gbrp", *encode, path)


@pytest.mark.parametrize(
    ("name", "encode"),
    [
        ("bt709", ["-vf", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p", "-colorspace", "bt709"]),
        ("bt601", ["-vf", "scale=out_color_matrix=smpte170m:out_range=tv,format=yuv420p", "-colorspace", "smpte170m"]),
        ("full range", ["-vf", "scale=out_color_matrix=bt709:out_range=pc,format=yuv420p", "-colorspace", "bt709", "-color_range", "pc"]),
        ("full range bt601", ["-vf", "scale=out_color_matrix=smpte170m:out_range=pc,format=yuvj420p", "-colorspace", "smpte170m"]),
        ("ten bits", ["-vf", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p10le", "-colorspace", "bt709"]),
        ("untagged small picture", ["-vf", "scale=out_color_matrix=smpte170m:out_range=tv,format=yuv420p,setparams=colorspace=unknown"]),
    ],
)  # fmt: skip
def test_colours_survive_whatever_the_source_calls_them(tmp_path: Path, name: str, encode: list[str]) -> None:
    reference, source = tmp_path / "reference.mkv", tmp_path / "source.mp4"
    _colour_bars(reference, "-c:v", "ffv1")
    _colour_bars(source, *encode, "-c:v", "libx264", "-crf", "4", "-x264-params", "log=-1")
    cutter = Cutter(source, tmp_path / "store", CutConfig(encoder=EncoderConfig(crf=4)))
    clip, _ = cutter.cut(first=0, frames=5, motion=0)
    with av.open(str(reference)) as container:
        true = next(container.decode(video=0)).to_ndarray(format="rgb24").astype(int)
    with av.open(str(cutter.path(clip, "rgb.mp4"))) as container:
        frame = next(container.decode(video=0))
        assert (frame.color_range, frame.colorspace) == (1, 1)
    stored = next(iter(DecodedVideo(cutter.path(clip, "rgb.mp4")))).astype(int)
    # Bars are flat, so away from their edges the colour must agree to a few levels; a wrong matrix or range is off by 10 to 40.
    assert np.median(np.abs(stored - true).max(axis=2)) <= 3
    assert np.quantile(np.abs(stored - true).max(axis=2), 0.7) <= 5


# --- sound --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
def test_a_click_is_found_within_a_millisecond_of_its_place(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"clicks{suffix}"
    clicks = [Fraction(1, 2), Fraction(1873, 1000), Fraction(3), Fraction(47, 10)]
    render_counter_video(path, frames=150, rate=Fraction(25), width=96, height=64, click_seconds=clicks)
    cutter = Cutter(path, tmp_path / "store")
    clip, scores = cutter.cut(first=40, frames=81, motion=20)
    sound = cutter.sound(clip)
    assert len(sound) == 51_840
    assert scores["audio_coverage"] == 1.0
    expected = [click - Fraction(40, 25) for click in clicks if 0 <= click - Fraction(40, 25) < Fraction(81, 25)]
    found = find_clicks(sound, 16_000)
    assert len(found) == len(expected)
    assert all(abs(one - other) <= MILLISECOND for one, other in zip(found, expected, strict=True))


@pytest.mark.parametrize("offset_ms", [-250, 130, 1000])
def test_a_stream_that_starts_at_another_time_keeps_its_sync(tmp_path: Path, offset_ms: int) -> None:
    original, path = tmp_path / "clicks.mov", tmp_path / "shifted.mkv"
    render_counter_video(original, frames=150, rate=Fraction(25), width=96, height=64, click_seconds=[Fraction(3)])
    shift = str(offset_ms / 1000)
    run_ffmpeg("-i", original, "-itsoffset", shift, "-i", original, "-map", "0:v", "-map", "1:a", "-c", "copy", path)
    cutter = Cutter(path, tmp_path / "store")
    clip, _ = cutter.cut(first=50, frames=81, motion=0)
    (found,) = find_clicks(cutter.sound(clip), 16_000)
    assert abs(found - (Fraction(3) + Fraction(offset_ms, 1000) - 2)) <= MILLISECOND


def test_sound_that_ends_early_is_continued_by_silence(tmp_path: Path) -> None:
    path = tmp_path / "short.mov"
    render_counter_video(
        path, frames=100, rate=Fraction(25), width=96, height=64, click_seconds=[Fraction(1)], audio_seconds=Fraction(2)
    )
    cutter = Cutter(path, tmp_path / "store")
    clip, scores = cutter.cut(first=10, frames=81, motion=0)
    sound = cutter.sound(clip)
    assert len(sound) == 51_840
    assert scores["audio_coverage"] == pytest.approx((2 - 0.4) / 3.24, abs=1e-3)
    assert not sound[int(1.7 * 16_000) :].any()


def test_sound_that_is_longer_than_the_video_is_left(tmp_path: Path) -> None:
    path = tmp_path / "long.mov"
    render_counter_video(path, frames=81, rate=Fraction(25), width=96, height=64, audio_seconds=Fraction(5))
    cutter = Cutter(path, tmp_path / "store")
    clip, scores = cutter.cut(first=0, frames=81, motion=0)
    assert (len(cutter.sound(clip)), scores["audio_coverage"]) == (51_840, 1.0)


def test_no_sound_is_silence_without_coverage(odd_inputs: Path, tmp_path: Path) -> None:
    cutter = Cutter(odd_inputs / "silent.mp4", tmp_path)
    clip, scores = cutter.cut(first=0, frames=81, motion=0)
    sound = cutter.sound(clip)
    assert (len(sound), bool(sound.any()), scores["audio_coverage"]) == (51_840, False, 0.0)


def test_stereo_at_another_rate_is_mixed_and_resampled(tmp_path: Path) -> None:
    path = tmp_path / "stereo.mkv"
    tone = "sine=frequency=440:sample_rate=44100:duration=5,pan=stereo|c0=c0|c1=c0"
    run_ffmpeg(
        "-f", "lavfi", "-i", "color=size=96x64:rate=25:duration=5", "-f", "lavfi", "-i", tone, "-c:a", "pcm_s16le", path
    )
    cutter = Cutter(path, tmp_path / "store")
    clip, _ = cutter.cut(first=20, frames=81, motion=0)
    sound = cutter.sound(clip).astype(float)
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    assert np.argmax(spectrum) * 16_000 / len(sound) == pytest.approx(440, abs=0.5)
    # FFmpeg's sine starts at phase 0 and has an amplitude of 1/8: the samples themselves must agree.
    times = np.arange(len(sound)) / 16_000 + 0.8
    expected = 32768 / 8 * np.sin(2 * np.pi * 440 * times)
    assert np.abs(sound[100:-100] - expected[100:-100]).max() < 0.02 * 4096


# --- damage, and the same bytes each time -------------------------------------------------------------------------------------


def test_a_damaged_frame_is_an_error_that_names_it(odd_inputs: Path, tmp_path: Path) -> None:
    content = bytearray((odd_inputs / "fine.mp4").read_bytes())
    middle = content.find(b"mdat") + (content.rfind(b"moov") - content.find(b"mdat")) // 2
    content[middle : middle + 1500] = random.Random(1).randbytes(1500)
    path = tmp_path / "damaged.mp4"
    path.write_bytes(content)
    cutter = Cutter(path, tmp_path / "store")
    sound = [number for number, _ in decode_range(str(path), cutter.timeline, 0, cutter.timeline.count)]
    missing = sorted(set(range(cutter.timeline.count)) - set(sound))
    assert missing
    with pytest.raises(MissingFrameError, match=f"source frame {missing[0]}, at {missing[0] / 25:.3f} s"):
        cutter.cut(first=0, frames=cutter.timeline.count, motion=0)
    if missing[0] > 10:  # what lies before the damage is as good as ever
        clip, _ = cutter.cut(first=missing[0] - 10, frames=10, motion=0)
        assert cutter.counters(clip) == list(range(missing[0] - 10, missing[0]))


def test_cutting_twice_gives_the_same_bytes(odd_inputs: Path, tmp_path: Path) -> None:
    digests = []
    for name in ("a", "b"):
        cutter = Cutter(odd_inputs / "anamorphic.mp4", tmp_path / name, CutConfig())
        clip, _ = cutter.cut(first=15, frames=40, motion=15)
        files = ("rgb.mp4", "motion.mp4", "audio.wav", "cut.json")
        digests.append([hashlib.sha256(cutter.path(clip, file).read_bytes()).hexdigest() for file in files])
    assert digests[0] == digests[1]


def test_the_record_says_which_source_frames_were_taken(tmp_path: Path) -> None:
    path = tmp_path / "counter.mp4"
    render_counter_video(path, frames=60, rate=Fraction(50), width=96, height=64)
    cutter = Cutter(path, tmp_path / "store")
    clip, _ = cutter.cut(first=10, frames=10, motion=5)
    record = CutRecord.model_validate_json(cutter.path(clip, "cut.json").read_bytes())
    assert record.source_frames == tuple(range(10, 40, 2)) == tuple(cutter.counters(clip))
    assert (record.rate, record.start_s, record.audio_samples) == ("50", 0.4, 6400)
