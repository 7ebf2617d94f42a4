"""Sample-accurate sound: decoded samples placed by their timestamps, resampled once, silence where there is none."""

from __future__ import annotations

import math
import wave
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.media.decode import packets_of
from cointeract_curation.media.location import open_container

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer

PREROLL_S = Fraction(1, 2)
"""Seconds decoded before the wanted start: codecs with overlapping blocks or a bit reservoir need some to settle."""

MARGIN_S = Fraction(1, 20)
"""Seconds kept on both sides while resampling, so that the filter meets sound and not an edge."""

JOIN_TOLERANCE_S = Fraction(4, 1000)
"""Blocks whose timestamp is this near to the end of the block before are joined: timestamps are rounded, samples aren't."""

MIX_OPTIONS = {"rematrix_maxval": "1.0"}
"""Weights of the channels add up to 1, so that mixing down never clips; FFmpeg's default in floating point doesn't see to it."""

FULL_SCALE = 32768.0
INT16_MIN, INT16_MAX = -32768, 32767
WAV_SAMPLE_BYTES = 2

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Sound:
    """``samples`` (N,) int16 mono, and ``coverage``: the share of them that real sound stands behind."""

    samples: NDArray[np.int16]
    coverage: float


def read_sound(location: str, start: Fraction, samples: int, sample_rate: int, *, from_start: bool = False) -> Sound:
    """Mono sound of ``samples`` samples from ``start`` seconds on the container's clock.

    Channels are mixed down with FFmpeg's weights. Parts without sound, or with damaged sound, are silent. ``from_start`` reads the
    file from its beginning and counts samples instead of trusting timestamps: for joined streams, whose clock jumps back.

    Raises:
        UnusableInputError, av.error.FFmpegError: the file can't be opened.
    """
    silence = Sound(np.zeros(samples, dtype=np.int16), 0.0)
    with open_container(location) as container:
        stream = next((item for item in container.streams.audio if item.codec_context is not None), None)
        if stream is None:
            return silence
        rate = int(stream.codec_context.sample_rate or 0)
        if rate <= 0:
            return silence
        stream.codec_context.options = {"err_detect": "explode"}
        length = Fraction(samples, sample_rate)
        window = _Window.around(start, length, rate)
        if not from_start and stream.time_base:
            aim = math.floor((start - MARGIN_S - PREROLL_S) / stream.time_base)
            if aim > (stream.start_time or 0):
                _seek(container, stream, aim)
        _fill(window, container, stream, counted=from_start)
    return Sound(_resample(window, samples, sample_rate), window.coverage())


@dataclass
class _Window:
    """Samples at the source's rate around the wanted part. ``origin`` is the number of the first on the container's clock."""

    rate: int
    origin: int
    margin: int
    samples: Float32
    real: NDArray[np.bool_]

    @classmethod
    def around(cls, start: Fraction, length: Fraction, rate: int) -> _Window:
        margin = math.ceil(MARGIN_S * rate)
        size = math.ceil(length * rate) + 2 * margin
        return cls(
            rate, round(start * rate) - margin, margin, np.zeros(size, dtype=np.float32), np.zeros(size, dtype=np.bool_)
        )

    def place(self, first: int, block: Float32) -> None:
        """Write a block whose first sample has the number ``first``; what lies outside is left out."""
        begin, end = max(0, first - self.origin), min(len(self.samples), first - self.origin + len(block))
        if begin < end:
            offset = begin - (first - self.origin)
            self.samples[begin:end] = block[offset : offset + end - begin]
            self.real[begin:end] = True

    def coverage(self) -> float:
        """Share of the wanted samples, without margins, that were written."""
        return float(self.real[self.margin : len(self.real) - self.margin].mean())


@dataclass
class _Run:
    """Blocks that follow each other without a gap. ``start`` is the first timestamp in samples, ``drift`` what the later ones add up
    to against it: timestamps are rounded (to the millisecond in Matroska), and their mean is better than any one of them."""

    start: float
    length: int = 0
    blocks: list[tuple[int, Float32]] = field(default_factory=list)
    drift: float = 0.0
    stamps: int = 0

    def misses(self, stamp: float, tolerance: float) -> bool:
        """Whether a block with this timestamp doesn't follow on."""
        return abs(stamp - self.start - self.length) > tolerance

    def add(self, stamp: float | None, blocks: list[Float32], needed_from: float) -> None:
        """Append the samples of one decoded frame; those that end before ``needed_from`` are counted and not kept."""
        if stamp is not None:
            self.drift += stamp - self.start - self.length
            self.stamps += 1
        for block in blocks:
            if self.start + self.length + len(block) >= needed_from:
                self.blocks.append((self.length, block))
            self.length += len(block)

    def place(self, window: _Window) -> None:
        """Write the run into the window."""
        position = round(self.start + self.drift / max(1, self.stamps))
        for offset, block in self.blocks:
            window.place(position + offset, block)


def _fill(window: _Window, container: InputContainer, stream: AudioStream, *, counted: bool) -> None:
    """Decode until the window is full or the sound ends."""
    import av

    mixer, form = None, None
    run: _Run | None = None
    tolerance = float(JOIN_TOLERANCE_S * window.rate)
    for frame in _decoded(container, stream):
        if mixer is None or (frame.format.name, frame.layout.name, frame.sample_rate) != form:
            form = (frame.format.name, frame.layout.name, frame.sample_rate)
            mixer = av.AudioResampler(format="fltp", layout="mono", rate=window.rate, options=MIX_OPTIONS)
        stamp = (
            None if frame.pts is None or frame.time_base is None else float(frame.pts * frame.time_base * window.rate)
        )
        if counted and run is not None:
            stamp = None
        if run is None or (stamp is not None and run.misses(stamp, tolerance)):
            if run is not None:
                run.place(window)
            if stamp is None:
                continue  # nothing tells where this belongs
            run = _Run(stamp)
        frame.pts = None  # the mixer must not fill or cut anything by timestamps: that is done here
        try:
            blocks = [mixed.to_ndarray()[0] for mixed in mixer.resample(frame)]
        except av.error.FFmpegError:
            mixer = None  # a block whose header is damaged: silent, like a packet that can't be decoded
            continue
        run.add(stamp, blocks, window.origin - tolerance)
        if run.start + run.length >= window.origin + len(window.samples) + tolerance:
            break
    if run is not None:
        run.place(window)


def _seek(container: InputContainer, stream: AudioStream, time: int) -> None:
    """Go to a time, or stay at the start where a damaged index doesn't allow it: then what lies before is decoded and left out."""
    import av

    with suppress(av.error.FFmpegError):
        container.seek(time, stream=stream, backward=True)


def _decoded(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
    import av

    packets = packets_of(container, stream)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.error.FFmpegError):
            return
        try:
            yield from packet.decode()
        except av.error.FFmpegError:
            continue  # a damaged packet: its time stays silent and counts against the coverage


def _resample(window: _Window, samples: int, sample_rate: int) -> NDArray[np.int16]:
    import av

    if window.rate == sample_rate:
        wanted = window.samples[window.margin :]
    else:
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=sample_rate)
        # Cut so that the margin is a whole number of output samples; the resampler's first output is its first input.
        margin = window.margin * sample_rate // window.rate
        skip = window.margin - round(Fraction(margin * window.rate, sample_rate))
        block = av.AudioFrame.from_ndarray(window.samples[None, skip:].copy(), format="fltp", layout="mono")
        block.sample_rate, block.time_base = window.rate, Fraction(1, window.rate)
        parts = [piece.to_ndarray()[0] for piece in (*resampler.resample(block), *resampler.resample(None))]
        wanted = np.concatenate(parts)[margin:]
    if len(wanted) < samples:
        wanted = np.pad(wanted, (0, samples - len(wanted)))
    scaled: NDArray[np.float64] = np.rint(wanted[:samples].astype(np.float64) * FULL_SCALE)
    return scaled.clip(INT16_MIN, INT16_MAX).astype(np.int16)


def write_wav(path: Path, samples: NDArray[np.int16], sample_rate: int) -> None:
    """Write mono 16-bit PCM with nothing in its header but the format."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(WAV_SAMPLE_BYTES)
        file.setframerate(sample_rate)
        file.writeframes(samples.astype("<i2").tobytes())
