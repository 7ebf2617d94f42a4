"""The audio features of a sample, of sound as loud as generation makes it."""

from __future__ import annotations

import logging
import wave
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from cointeract_curation.core.errors import UnusableInputError
from cointeract_model.codecs.loudness import gain_towards
from cointeract_model.codecs.protocols import AudioCodec
from cointeract_shards.constants import AUDIO_SAMPLE_BYTES, AUDIO_SAMPLES, SAMPLE_RATE, TARGET_FRAMES
from cointeract_shards.encoded import AudioFeatures, AudioInfo

FULL_SCALE = 32768

log = logging.getLogger(__name__)


def read_samples(path: Path) -> NDArray[np.float32]:
    """The samples of `audio.wav`, -1 to 1.

    Raises:
        UnusableInputError: not 51,840 samples of 16 bits, mono, at 16 kHz.
    """
    try:
        with wave.open(str(path)) as sound:
            found = (sound.getframerate(), sound.getnchannels(), sound.getsampwidth())
            samples = sound.readframes(sound.getnframes())
    except (wave.Error, EOFError) as error:
        raise UnusableInputError(f"{path.name}: isn't a PCM WAV file ({error or 'it ends early'})") from error
    wanted = (SAMPLE_RATE, 1, AUDIO_SAMPLE_BYTES)
    if found != wanted or len(samples) != AUDIO_SAMPLES * AUDIO_SAMPLE_BYTES:
        raise UnusableInputError(
            f"{path.name}: {len(samples) // AUDIO_SAMPLE_BYTES} samples, and rate, channels and bytes a sample {found}; "
            f"a sample has {AUDIO_SAMPLES} and {wanted}"
        )
    return np.frombuffer(samples, "<i2").astype(np.float32) / FULL_SCALE


def gain_of(samples: NDArray[np.float32], loudness: float | None, target: float | None) -> float:
    """What to multiply samples by, so that they are as loud as wanted; less where a peak would leave the codecs' range.

    Args:
        samples: (n,), -1 to 1.
        loudness: measured, LUFS; None where it couldn't be.
        target: LUFS, or None to leave sound as it is.
    """
    gain = gain_towards(samples, loudness, target)
    if gain.limited:
        log.warning("sound of %.1f LUFS has peaks far above it; it is made louder by less than asked for", loudness)
    return gain.factor


def encode_sound(codec: AudioCodec, samples: NDArray[np.float32], info: AudioInfo) -> AudioFeatures:
    """Features of a target's sound, float32, after the gain of `info`."""
    louder = torch.from_numpy(samples * np.float32(info.gain))
    features = codec.encode(louder, SAMPLE_RATE, TARGET_FRAMES)
    return AudioFeatures(info, features.float().cpu().numpy())
