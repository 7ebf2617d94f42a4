"""By how much sound is made louder before a codec hears it: in curation, in training and in generation alike."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cointeract_model.codecs.audio_input import LARGEST_SAMPLE

SILENCE = -70.0
"""LUFS: the absolute gate of ITU-R BS.1770. What is no louder is silence, and stays as it is."""
DECIBELS = 20.0


class Gain(NamedTuple):
    """What to multiply samples by."""

    factor: float
    limited: bool
    """Whether it is less than asked for, because a peak would leave the codecs' range."""


def gain_towards(samples: NDArray[np.float32], loudness: float | None, wanted: float | None) -> Gain:
    """What makes samples as loud as wanted.

    Args:
        samples: (n,), -1 to 1.
        loudness: measured, LUFS; None where it couldn't be.
        wanted: LUFS, or None to leave sound as it is.
    """
    if wanted is None or loudness is None or loudness <= SILENCE:
        return Gain(1.0, limited=False)
    gain = float(10 ** ((wanted - loudness) / DECIBELS))
    peak = float(np.abs(samples).max())
    if gain * peak > LARGEST_SAMPLE:
        return Gain(LARGEST_SAMPLE / peak, limited=True)
    return Gain(gain, limited=False)
