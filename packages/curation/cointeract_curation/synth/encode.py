"""Writing frames and sound as an MP4 file through FFmpeg, the same bytes for the same input."""

from __future__ import annotations

import subprocess
import tempfile
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.synth.files import replacing

AUDIO_BITRATE = "128k"
# One thread, because the number of threads changes the bytes; the macroblock tree is off because it can, too.
X264 = ("-c:v", "libx264", "-preset", "veryfast", "-threads", "1", "-x264-params", "mbtree=0")
BT709 = ("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv")


def write_wave(path: Path, samples: NDArray[np.float64], sample_rate: int) -> None:
    """Write mono samples from -1 to 1 as 16-bit PCM."""
    full = np.iinfo(np.int16).max
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sample_rate)
        file.writeframes(np.rint(np.clip(samples, -1, 1) * full).astype("<i2").tobytes())


@contextmanager
def encoder(
    path: Path, size: tuple[int, int], rate: Fraction, crf: int, sound: tuple[NDArray[np.float64], int] | None
) -> Iterator[IO[bytes]]:
    """A pipe that takes RGB frames of (width, height); `path` appears when the block ends without an error.

    Args:
        path: the MP4 file.
        size: (width, height) in pixels, both even.
        rate: frames a second.
        crf: x264's constant rate factor.
        sound: mono samples from -1 to 1 and their rate, or None.

    Raises:
        RuntimeError: if FFmpeg fails, with what it said.
    """
    import imageio_ffmpeg

    with replacing(path) as unfinished, tempfile.TemporaryDirectory() as work, tempfile.TemporaryFile() as said:
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-v", "error", "-nostdin"]
        command += [
            "-f",
            "rawvideo",
            "-pix_fmt",
            "rgb24",
            "-s",
            f"{size[0]}x{size[1]}",
            "-framerate",
            str(rate),
            "-i",
            "-",
        ]
        if sound is not None:
            track = Path(work) / "sound.wav"
            write_wave(track, *sound)
            command += ["-i", str(track), "-c:a", "aac", "-b:a", AUDIO_BITRATE]
        command += ["-vf", "scale=out_color_matrix=bt709:out_range=tv", "-pix_fmt", "yuv420p", *X264, "-crf", str(crf)]
        command += [*BT709, "-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact"]
        command += ["-map_metadata", "-1", "-movflags", "+faststart", str(unfinished)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=said)
        assert process.stdin is not None
        try:
            yield process.stdin
        except BrokenPipeError:
            pass  # FFmpeg ended early; its exit status and message say why
        except BaseException:
            process.kill()
            process.wait()
            raise
        finally:
            _close(process.stdin)
        if process.wait() != 0:
            said.seek(0)
            raise RuntimeError(f"FFmpeg could not write {path}: {said.read().decode(errors='replace').strip()}")


def _close(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except BrokenPipeError:
        return  # nothing was left to read it; the exit status is checked next
