"""Encoding frames to H.264 through the ffmpeg program that imageio-ffmpeg carries.

One encoder thread and no timestamps, so that the same frames give the same bytes on any number of cores. The program runs as a
child process that is fed through a pipe; whatever goes wrong, it is ended and reaped, and what it said is in the exception.
"""

from __future__ import annotations

import fcntl
import os
import select
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.core.stage import StageConfig
from cointeract_shards.constants import FPS

PIPE_BYTES = 1 << 20
"""A frame in the pipe instead of 64 KiB of one spares thousands of switches between the two processes."""

STALL_S = 60.0
"""Seconds without taking a byte, or without ending after the last one, after which the encoder is ended."""

STDERR_TAIL = 2000


class EncodeError(Exception):
    """The encoder failed; the message ends with what it wrote."""


class EncoderConfig(StageConfig):
    """How clips are stored: H.264 in yuv420p.

    A clip is encoded once and decoded many times, so its bytes matter less than its pixels and the time to read them. Measured on a
    720 x 1280 demonstration at CRF 18: these settings keep 46.2 dB in 8.8 ms a frame, ``veryfast`` as it is 45.5 dB in 19.8 ms, for 45%
    more bytes.
    """

    preset: str = "superfast"
    crf: int = 18
    keyframe_interval: int = 12
    """Frames between keyframes at most: who looks at a clip steps through single frames."""
    cabac: bool = False
    """Arithmetic coding: a tenth fewer bytes, a tenth more time to write, and more time each time it is read."""


ONE_SHOT = "scenecut=0:b-adapt=0:bframes=2:b-pyramid=none:weightp=0:rc-lookahead=0:sync-lookahead=0:mbtree=0"
"""Settings of x264 for a clip without cuts or fades. Looking ahead for them takes an eighth of the time and changes nothing; two plain
B-frames hold fewer pictures in memory than the preset's three."""


class H264Writer:
    """Writes one MP4 of constant 25 fps. A context manager: leaving it by an exception ends the encoder and removes the file.

    ``colour_primaries`` and ``colour_transfer`` are FFmpeg's names; the matrix is BT.709 and the range limited.
    """

    def __init__(
        self,
        path: Path,
        width: int,
        height: int,
        config: EncoderConfig,
        *,
        colour_primaries: str = "bt709",
        colour_transfer: str = "bt709",
        stall_s: float = STALL_S,
    ) -> None:
        if width <= 0 or height <= 0 or width % 2 or height % 2:
            raise ValueError(f"{path.name}: {width}x{height} can't be stored as yuv420p, both sides must be even")
        self.path = path
        self.frames = 0
        self._stall_s = stall_s
        self._frame_bytes = width * height * 3 // 2
        self._messages: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process, in `_reap`
        colour = f"setparams=range=tv:colorspace=bt709:color_primaries={colour_primaries}:color_trc={colour_transfer}"
        source = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-video_size", f"{width}x{height}", "-framerate", str(FPS)]
        quality = ["-preset", config.preset, "-crf", str(config.crf), "-g", str(config.keyframe_interval)]
        codec = ["-c:v", "libx264", *quality, "-x264-params", f"{ONE_SHOT}:cabac={int(config.cabac)}"]
        plain = ["-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-movflags", "+faststart"]
        command = [
            *(encoder_program(), "-nostdin", "-hide_banner", "-loglevel", "error", "-y", *source, "-i", "pipe:0"),
            *("-vf", colour, *codec, "-threads", "1", "-filter_threads", "1", *plain, "-f", "mp4", f"file:{path}"),
        ]
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=self._messages, bufsize=0
            )
        except OSError:
            self._messages.close()
            raise
        assert self._process.stdin is not None
        self._pipe = self._process.stdin.fileno()
        os.set_blocking(self._pipe, False)
        _enlarge(self._pipe)

    def write(self, frame: NDArray[np.uint8]) -> None:
        """Append one frame: contiguous planar yuv420p, ``height * 3 / 2`` rows of ``width``.

        Raises:
            EncodeError: the encoder has ended, or takes no more data.
        """
        data = np.ascontiguousarray(frame).data.cast("B")
        if data.nbytes != self._frame_bytes:
            raise ValueError(
                f"{self.path.name}: a frame of {data.nbytes} bytes where {self._frame_bytes} were expected"
            )
        while data.nbytes:
            _, ready, _ = select.select([], [self._pipe], [], self._stall_s)
            if not ready:
                raise self._failure(f"took no data for {self._stall_s:.0f} s")
            try:
                written = os.write(self._pipe, data)
            except BrokenPipeError as error:
                raise self._failure("ended early") from error
            data = data[written:]
        self.frames += 1

    def close(self) -> None:
        """Wait until the file is complete.

        Raises:
            EncodeError: the encoder failed or doesn't end.
        """
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()
        try:
            code = self._process.wait(timeout=self._stall_s)
        except subprocess.TimeoutExpired as error:
            raise self._failure(f"did not end within {self._stall_s:.0f} s") from error
        if code != 0:
            raise self._failure(f"ended with code {code}")
        self._messages.close()

    def abort(self) -> None:
        """End the encoder, whatever it is doing, and remove what it wrote."""
        self._reap()
        self._messages.close()
        self.path.unlink(missing_ok=True)

    def _reap(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()

    def _failure(self, what: str) -> EncodeError:
        self._reap()
        said = ""
        if not self._messages.closed:
            self._messages.seek(0)
            said = self._messages.read().decode("utf-8", "replace").strip()[-STDERR_TAIL:]
        return EncodeError(f"ffmpeg {what} after {self.frames} frames of {self.path}: {said or 'it said nothing'}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.abort()
            return
        try:
            self.close()
        except EncodeError:
            self.abort()
            raise


def encoder_program() -> str:
    """Path of the ffmpeg program."""
    import imageio_ffmpeg

    return str(imageio_ffmpeg.get_ffmpeg_exe())


def _enlarge(pipe: int) -> None:
    """Ask for a larger pipe. Linux alone has it, and may refuse; then the pipe works as it is."""
    command = getattr(fcntl, "F_SETPIPE_SZ", None)
    if command is None:
        return
    try:
        fcntl.fcntl(pipe, command, PIPE_BYTES)
    except OSError:
        return
