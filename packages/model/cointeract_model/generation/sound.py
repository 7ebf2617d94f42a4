"""Sound as the model hears it and as the file carries it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cointeract_model.codecs.audio_input import frames_of
from cointeract_model.generation.errors import GenerationError
from cointeract_model.generation.loudness import normalise
from cointeract_shards.constants import FPS, SAMPLE_RATE, audio_samples

logger = logging.getLogger(__name__)

TRACK_RATE = 48_000
"""Samples a second of the file's sound: 1,920 a frame, without remainder."""

SHORTEST_SECONDS = 0.4
"""One block of BS.1770, below which there is no loudness."""

FLOATS = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Sound:
    """Both forms of one recording.

    Attributes:
        samples: (n,) at 16 kHz, mono, as loud as in training: what the model hears.
        track: (channels, m) at 48 kHz, one or two channels, its loudness untouched: what the file carries.
    """

    samples: FLOATS
    track: FLOATS

    @property
    def frames(self) -> int:
        """Video frames at 25 fps that the sound fills, the last one perhaps in part."""
        return frames_of(len(self.samples))

    @property
    def seconds(self) -> float:
        """Its length."""
        return len(self.samples) / SAMPLE_RATE

    def cut(self, frames: int) -> Sound:
        """Its first frames of 40 ms."""
        return Sound(self.samples[: audio_samples(frames)], self.track[:, : frames * TRACK_RATE // FPS])


def load_sound(path: Path, loudness: float | None) -> Sound:
    """The first audio stream of a file. Another rate or several channels are resampled, with a log line.

    Args:
        path: any format that FFmpeg reads, a video too.
        loudness: LUFS that the model hears; None leaves it as it is.

    Raises:
        GenerationError: no such file, no sound in it, damaged, empty or shorter than 0.4 s, or samples that aren't finite.
    """
    if not path.is_file():
        raise GenerationError(f"audio is {str(path)!r}, but there is no such file")
    heard, carried = _read(path)
    if not len(heard):
        raise GenerationError(f"audio {str(path)!r} is empty: it holds no samples")
    if len(heard) < SHORTEST_SECONDS * SAMPLE_RATE:
        raise GenerationError(
            f"audio {str(path)!r} lasts {len(heard) / SAMPLE_RATE:.3f} s: give at least {SHORTEST_SECONDS} s, over which "
            "loudness is defined"
        )
    if not np.isfinite(heard).all():
        raise GenerationError(
            f"audio {str(path)!r} holds samples that aren't finite: export it again, for example as WAV"
        )
    return Sound(heard if loudness is None else normalise(heard, SAMPLE_RATE, loudness), carried)


def _read(path: Path) -> tuple[FLOATS, FLOATS]:
    import av

    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise GenerationError(f"audio {str(path)!r} has no audio stream")
            stream = container.streams.audio[0]
            channels, rate = stream.channels, stream.rate
        # Decoded twice: a frame that one resampler has taken isn't always whole for another.
        heard = _decode(path, "mono", SAMPLE_RATE)
        carried = _decode(path, "mono" if channels == 1 else "stereo", TRACK_RATE)
    except (av.FFmpegError, ValueError) as error:
        if isinstance(error, GenerationError):
            raise
        raise GenerationError(
            f"audio {str(path)!r} doesn't decode ({error}): export it again, for example as WAV"
        ) from error
    if (rate, channels) != (SAMPLE_RATE, 1):
        logger.info(
            "%s: %d Hz, %d channels were turned into %d Hz, mono for the model", path, rate, channels, SAMPLE_RATE
        )
    return heard[0], carried


def _decode(path: Path, layout: str, rate: int) -> FLOATS:
    """(channels, n) of the first audio stream."""
    import av

    resampler = av.AudioResampler(format="fltp", layout=layout, rate=rate)
    pieces: list[FLOATS] = []
    with av.open(str(path)) as container:
        for frame in chain(container.decode(container.streams.audio[0]), [None]):
            if frame is not None:
                frame.pts = None  # counted anew: gaps in the file's times would be filled or cut
            # At the end None brings out what is left; a resampler with nothing to do hands it back.
            pieces += [piece.to_ndarray() for piece in resampler.resample(frame) if piece is not None]
    return np.concatenate(pieces, axis=1) if pieces else np.zeros((1, 0), np.float32)
