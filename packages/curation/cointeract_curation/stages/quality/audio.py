"""Reading the clip's sound."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.core.errors import UnusableInputError
from cointeract_shards.constants import AUDIO_SAMPLE_BYTES, SAMPLE_RATE


def read_audio(path: Path) -> NDArray[np.int16]:
    """Samples of a 16 kHz, mono, 16 bit WAV file, ``(N,)`` int16.

    Raises `UnusableInputError` for another format, or a file without samples.
    """
    with wave.open(str(path), "rb") as file:
        found = (file.getframerate(), file.getnchannels(), file.getsampwidth())
        if found != (SAMPLE_RATE, 1, AUDIO_SAMPLE_BYTES):
            raise UnusableInputError(
                f"{path.name}: {found[0]} Hz, {found[1]} channel(s), {found[2]} byte(s) a sample; "
                f"a clip's sound is {SAMPLE_RATE} Hz, 1 channel, {AUDIO_SAMPLE_BYTES} bytes"
            )
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.int16)
    if not len(samples):
        raise UnusableInputError(f"{path.name} holds no samples; a clip without sound is stored as silence")
    return samples
