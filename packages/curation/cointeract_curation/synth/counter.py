"""Footage in which every frame carries its own index: the ruler against which cutting and retiming are measured.

A frame is a grid of 6 x 4 black or white blocks. The first 16 blocks are the frame's index, most significant bit first;
the other 8 are a checksum of it, so that a blend of two frames, a torn frame or a picture that isn't a counter is
refused instead of being read as some number. Blocks are large, so the index survives lossy coding and rescaling (not
cropping or padding).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from cointeract_curation.synth.files import replacing

GRID_COLUMNS = 6
GRID_ROWS = 4
INDEX_BITS = 16
CHECK_BITS = GRID_COLUMNS * GRID_ROWS - INDEX_BITS
CHECK_POLYNOMIAL = 0x107  # x^8 + x^2 + x + 1, the CRC-8 of ITU-T I.432
MAX_FRAMES = 1 << INDEX_BITS
MARGIN = 0.25  # share of a block left out on each side when it is read: chroma and block edges smear there
DARK_BELOW = 80.0
LIGHT_ABOVE = 175.0
BLACK, WHITE = 16, 235

SAMPLE_RATE = 48_000
CLICK_SAMPLES = 48  # 1 ms: survives resampling to 16 kHz
CLICK_AMPLITUDE = 0.8
CLICK_GAP = Fraction(1, 50)  # two clicks closer than this are one to `find_clicks`
MAX_TICKS_PER_SECOND = 10_000_000
LOSSLESS_AUDIO_SUFFIXES = (".mkv", ".mov")
# x264's macroblock tree makes small pictures come out differently from run to run (PyAV 18.1, one thread): leave it out.
REPEATABLE = {"libx264": {"x264-params": "mbtree=0"}}


class CounterError(ValueError):
    """A picture that doesn't carry a readable frame index."""


def _checksum(index: int) -> int:
    remainder = index << CHECK_BITS
    for bit in reversed(range(INDEX_BITS)):
        if remainder & (1 << (bit + CHECK_BITS)):
            remainder ^= CHECK_POLYNOMIAL << bit
    return remainder


def counter_frame(index: int, width: int, height: int) -> NDArray[np.uint8]:
    """The picture of frame `index`: RGB, (height, width, 3), 0 <= index < 65,536."""
    if not 0 <= index < MAX_FRAMES:
        raise ValueError(f"frame index {index} does not fit {INDEX_BITS} bits: use 0 to {MAX_FRAMES - 1}")
    if width < GRID_COLUMNS or height < GRID_ROWS:
        raise ValueError(f"{width}x{height} has no room for {GRID_COLUMNS}x{GRID_ROWS} blocks: use a larger frame")
    word = (index << CHECK_BITS) | _checksum(index)
    shifts = np.arange(GRID_COLUMNS * GRID_ROWS)[::-1]
    bits = ((word >> shifts) & 1).astype(bool).reshape(GRID_ROWS, GRID_COLUMNS)
    rows = np.arange(height) * GRID_ROWS // height
    columns = np.arange(width) * GRID_COLUMNS // width
    grey = np.where(bits[rows][:, columns], WHITE, BLACK).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def read_counter(frame_rgb: NDArray[np.uint8]) -> int:
    """The index in an RGB frame (H, W, 3), whatever its size.

    Raises:
        CounterError: a block is neither dark nor light (a blend of frames, say), or the checksum doesn't match.
    """
    height, width = frame_rgb.shape[:2]
    luma = frame_rgb.astype(np.float32).mean(axis=2)
    word = 0
    for row in range(GRID_ROWS):
        y0, y1 = (round((row + edge) * height / GRID_ROWS) for edge in (MARGIN, 1 - MARGIN))
        for column in range(GRID_COLUMNS):
            x0, x1 = (round((column + edge) * width / GRID_COLUMNS) for edge in (MARGIN, 1 - MARGIN))
            level = float(luma[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)].mean())
            if DARK_BELOW <= level <= LIGHT_ABOVE:
                raise CounterError(
                    f"block ({row}, {column}) has level {level:.0f}, neither black nor white: not one counter frame"
                )
            word = (word << 1) | int(level > LIGHT_ABOVE)
    index, check = word >> CHECK_BITS, word & ((1 << CHECK_BITS) - 1)
    if check != _checksum(index):
        raise CounterError(f"the blocks read {index} but their checksum is {check}, not {_checksum(index)}")
    return index


def click_track(
    click_seconds: Sequence[Fraction], seconds: Fraction, sample_rate: int = SAMPLE_RATE
) -> NDArray[np.int16]:
    """Mono 16-bit silence of `seconds` with a 1 ms pulse that starts at the sample nearest to each given time."""
    samples = np.zeros(round(seconds * sample_rate), dtype=np.int16)
    for second in click_seconds:
        start = round(second * sample_rate)
        if not 0 <= start < len(samples):
            raise ValueError(f"a click at {float(second)} s lies outside the {float(seconds)} s of audio")
        samples[start : start + CLICK_SAMPLES] = round(CLICK_AMPLITUDE * np.iinfo(np.int16).max)
    return samples


def find_clicks(samples: NDArray[np.int16] | NDArray[np.float32], sample_rate: int) -> list[Fraction]:
    """Onsets of the clicks in mono audio (samples,), in seconds: where the level first passes half of the peak."""
    level = np.abs(samples.astype(np.float64))
    if not level.size or level.max() == 0:
        return []
    loud = np.flatnonzero(level > level.max() / 2)
    gap = float(CLICK_GAP * sample_rate)
    first = np.concatenate(([True], np.diff(loud) > gap))
    return [Fraction(int(sample), sample_rate) for sample in loud[first]]


def _presentation_times(frames: int, rate: Fraction | None, times: Sequence[Fraction] | None) -> list[Fraction]:
    """Presentation time of each frame and, as one more entry, the end of the last."""
    if not 0 < frames <= MAX_FRAMES:
        raise ValueError(f"frames={frames}: use 1 to {MAX_FRAMES}")
    if (rate is None) == (times is None):
        raise ValueError(f"rate={rate}, times={'given' if times else times}: give exactly one of the two")
    if rate is not None:
        if rate <= 0:
            raise ValueError(f"rate={rate}: a frame rate is positive")
        return [index / rate for index in range(frames + 1)]
    assert times is not None
    if len(times) != frames:
        raise ValueError(f"{len(times)} times for {frames} frames: give one for each frame")
    if any(late <= early for early, late in pairwise(times)) or times[0] < 0:
        raise ValueError("times must be increasing and not negative")
    last = times[-1] - times[-2] if frames > 1 else Fraction(1, 25)
    return [*times, times[-1] + last]


def render_counter_video(
    path: Path,
    *,
    frames: int,
    rate: Fraction | None = None,
    times: Sequence[Fraction] | None = None,
    width: int = 320,
    height: int = 240,
    click_seconds: Sequence[Fraction] = (),
    audio_seconds: Fraction | None = None,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    options: Mapping[str, str] | None = None,
    audio_codec: str | None = None,
) -> None:
    """Write a video whose frame `i` (in order of presentation) reads `i`, with clicks in its audio.

    Args:
        path: the file; its suffix names the container. Matroska keeps times to the millisecond, MP4 and MOV exactly.
        frames: number of frames.
        rate: constant frame rate in frames a second, such as Fraction(30000, 1001); or else
        times: presentation time of each frame in seconds, for a variable rate. The last frame lasts as long as the one
            before it.
        width, height: of the coded picture, in pixels.
        click_seconds: where clicks start, in seconds of the file's timeline.
        audio_seconds: length of the audio. None: as long as the video where there are clicks, otherwise no audio.
        codec, pixel_format, options: video encoder as FFmpeg names it, its pixel format and private options (`crf` is
            23 unless given).
        audio_codec: None takes 16-bit PCM in Matroska and MOV, sample-exact, and AAC elsewhere.

    Raises:
        ValueError: on inconsistent arguments.
    """
    presented = _presentation_times(frames, rate, times)
    ticks = math.lcm(*(time.denominator for time in presented))
    if ticks > MAX_TICKS_PER_SECOND:
        raise ValueError(f"the times need a clock of {ticks} ticks a second, over {MAX_TICKS_PER_SECOND}: round them")
    if click_seconds and audio_seconds is None:
        audio_seconds = presented[-1]
    pts = [int(time * ticks) for time in presented]
    with replacing(path) as unfinished, av.open(str(unfinished), "w", options={"fflags": "+bitexact"}) as container:
        mean_rate = rate if rate is not None else Fraction(frames) / (presented[-1] - presented[0])
        video = container.add_stream(
            codec,
            rate=mean_rate.limit_denominator(1001),
            options={"crf": "23", **REPEATABLE.get(codec, {}), **(options or {})},
        )
        video.width, video.height, video.pix_fmt = width, height, pixel_format
        video.codec_context.time_base = video.time_base = Fraction(1, ticks)
        video.codec_context.thread_count = 1  # so that the same arguments give the same bytes
        sound = None
        if audio_seconds is not None:
            lossless = path.suffix in LOSSLESS_AUDIO_SUFFIXES
            sound = container.add_stream(
                audio_codec or ("pcm_s16le" if lossless else "aac"), rate=SAMPLE_RATE, layout="mono"
            )
            samples = click_track(click_seconds, audio_seconds)
        duration = {start: end - start for start, end in pairwise(pts)}
        for index in range(frames):
            frame = av.VideoFrame.from_ndarray(counter_frame(index, width, height), format="rgb24")
            frame.pts, frame.time_base = pts[index], Fraction(1, ticks)
            for packet in video.encode(frame):
                packet.duration = duration[packet.pts]
                container.mux(packet)
        for packet in video.encode(None):
            packet.duration = duration[packet.pts]
            container.mux(packet)
        if sound is not None:
            block = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
            block.sample_rate, block.pts, block.time_base = SAMPLE_RATE, 0, Fraction(1, SAMPLE_RATE)
            container.mux(sound.encode(block))
            container.mux(sound.encode(None))
