"""Sound that passes for speech to a voice detector, and room tone; no words.

A voice is a sum of harmonics of a gliding pitch under moving formants, cut into syllables and phrases, with a breath of noise at
each syllable's start (source-filter model, G. Fant, Acoustic Theory of Speech Production, 1960).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SAMPLE_RATE = 48_000
VOWELS = np.array(
    [[730, 1090, 2440], [530, 1840, 2480], [270, 2290, 3010], [570, 840, 2410], [300, 870, 2240], [660, 1720, 2410]]
)  # first three formants in Hz (Peterson and Barney, 1952, men)
BANDWIDTHS = np.array([90.0, 120.0, 180.0])
FORMANT_GAINS = np.array([1.0, 0.6, 0.3])
HIGHEST_HARMONIC = 4200.0  # Hz
SYLLABLE_SECONDS = (0.13, 0.24)
PHRASE_SYLLABLES = (6, 13)
PAUSE_SECONDS = (0.14, 0.32)
VOICE_LEVEL = 0.22  # root mean square of full scale while speaking
ROOM_LEVEL = 0.0012
EDGE_SECONDS = 0.01


@dataclass(frozen=True)
class Sound:
    """Mono samples (T,) at SAMPLE_RATE and the loudness of the voice at each sample, 0 to 1."""

    samples: Floats
    loudness: Floats


def room_tone(rng: np.random.Generator, samples: int) -> Floats:
    """The quiet of a room: noise that falls by 3 dB an octave."""
    white = np.fft.rfft(rng.standard_normal(samples))
    frequency = np.maximum(np.fft.rfftfreq(samples, 1 / SAMPLE_RATE), 20.0)
    pink = np.fft.irfft(white / np.sqrt(frequency), samples)
    return np.asarray(ROOM_LEVEL * pink / max(float(np.std(pink)), 1e-12))


def _syllables(rng: np.random.Generator, seconds: float) -> list[tuple[float, float, int]]:
    """Start, length and vowel of each syllable."""
    out: list[tuple[float, float, int]] = []
    at = float(rng.uniform(0.02, 0.12))
    while at < seconds:
        for _ in range(int(rng.integers(*PHRASE_SYLLABLES))):
            length = float(rng.uniform(*SYLLABLE_SECONDS))
            if at + length > seconds:
                return out
            out.append((at, length, int(rng.integers(len(VOWELS)))))
            at += length
        at += float(rng.uniform(*PAUSE_SECONDS))
    return out


def speak(rng: np.random.Generator, samples: int, female: bool) -> Sound:
    """A voice for a given number of samples."""
    time = np.arange(samples) / SAMPLE_RATE
    syllables = _syllables(rng, samples / SAMPLE_RATE)
    loudness = np.zeros(samples)
    breath = np.zeros(samples)
    formants = np.broadcast_to(VOWELS[0], (samples, 3)).astype(np.float64).copy()
    for start, length, vowel in syllables:
        first, last = int(start * SAMPLE_RATE), min(samples, int((start + length) * SAMPLE_RATE))
        share = np.linspace(0, 1, last - first, endpoint=False)
        loudness[first:last] = np.maximum(loudness[first:last], 0.08 + 0.92 * np.sin(np.pi * share) ** 0.7)
        breath[first:last] = np.exp(-share * 9) * rng.uniform(0.1, 0.5)
        formants[first:last] = VOWELS[vowel]
    formants = _smooth(formants, 0.05) * (1.15 if female else 1.0)
    loudness = _smooth(loudness[:, None], 0.02)[:, 0]
    base = rng.uniform(185, 220) if female else rng.uniform(105, 130)
    glide = 0.14 * np.sin(2 * np.pi * 0.31 * time + rng.uniform(0, 6)) + 0.07 * np.sin(2 * np.pi * 1.3 * time)
    pitch = base * (1 + glide + 0.012 * np.sin(2 * np.pi * 5.2 * time))
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
    voice = np.zeros(samples)
    for harmonic in range(1, int(HIGHEST_HARMONIC / base) + 1):
        frequency = pitch * harmonic
        gain = (FORMANT_GAINS / (1 + ((frequency[:, None] - formants) / BANDWIDTHS) ** 2)).sum(axis=1)
        voice += gain / harmonic * np.sin(harmonic * phase)
    hiss = np.diff(rng.standard_normal(samples + 1))
    sound = loudness * voice / max(float(np.std(voice)), 1e-12) + 0.12 * breath * hiss
    edge = np.clip(np.minimum(time, time[-1] - time) / EDGE_SECONDS, 0, 1)
    return Sound(VOICE_LEVEL * sound * edge + room_tone(rng, samples), loudness)


def _smooth(values: Floats, seconds: float) -> Floats:
    """Running mean of columns (T, C) over a window."""
    window = max(1, int(seconds * SAMPLE_RATE))
    padded = np.concatenate(
        [np.repeat(values[:1], window // 2, axis=0), values, np.repeat(values[-1:], window, axis=0)]
    )
    total = np.cumsum(np.concatenate([np.zeros((1, values.shape[1])), padded]), axis=0)
    return np.asarray((total[window:] - total[:-window])[: len(values)] / window)
