"""Decodes the members of a sample: frames of videos and pictures, samples of sound."""

from __future__ import annotations

import wave
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from cointeract_shards.constants import AUDIO_SAMPLE_BYTES, AUDIO_SAMPLES, SAMPLE_RATE
from cointeract_train.data.errors import SampleError

Picture = NDArray[np.uint8]
"""(H, W, 3) RGB."""

FULL_SCALE = 32768


def decode_frames(data: bytes, frames: int, size: tuple[int, int] | None, *, where: str) -> list[Picture]:
    """All frames of a video.

    Args:
        data: the file.
        frames: how many there must be.
        size: width and height that they must have; None for any.
        where: what it is, for the message.

    Raises:
        SampleError: doesn't decode, or has other frames.
    """
    import av

    found: list[Picture] = []
    try:
        with av.open(BytesIO(data)) as container:
            stream = container.streams.video[0]
            stream.thread_count = 1  # workers decode side by side instead
            for frame in container.decode(stream):
                if frame.is_corrupt:
                    raise SampleError(f"{where}: frame {len(found)} is damaged")
                found.append(frame.to_ndarray(format="rgb24"))
    except (av.FFmpegError, IndexError) as error:
        raise SampleError(f"{where}: doesn't decode after {len(found)} frames ({error})") from error
    if len(found) != frames:
        raise SampleError(f"{where}: has {len(found)} frames, not {frames}")
    width, height = found[0].shape[1], found[0].shape[0]
    if size is not None and (width, height) != size:
        raise SampleError(f"{where}: is {width}x{height}, its sample {size[0]}x{size[1]}")
    return found


def decode_sound(data: bytes, *, where: str) -> NDArray[np.float32]:
    """The 51,840 samples of `audio.wav`, -1 to 1.

    Raises:
        SampleError: another rate, length or format.
    """
    try:
        with wave.open(BytesIO(data)) as sound:
            found = (sound.getframerate(), sound.getnchannels(), sound.getsampwidth())
            content = sound.readframes(sound.getnframes())
    except (wave.Error, EOFError) as error:
        raise SampleError(f"{where}: isn't a PCM WAV file ({str(error) or 'it ends early'})") from error
    if found != (SAMPLE_RATE, 1, AUDIO_SAMPLE_BYTES) or len(content) != AUDIO_SAMPLES * AUDIO_SAMPLE_BYTES:
        raise SampleError(
            f"{where}: {len(content) // AUDIO_SAMPLE_BYTES} samples with rate, channels and bytes {found}; "
            f"a sample has {AUDIO_SAMPLES} with {(SAMPLE_RATE, 1, AUDIO_SAMPLE_BYTES)}"
        )
    return np.frombuffer(content, "<i2").astype(np.float32) / FULL_SCALE
