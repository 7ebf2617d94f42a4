"""Random numbers that are a function of what they are for, so that any of them can be had without those before it.

SplitMix64's finaliser (Steele, Lea and Flood, OOPSLA 2014) over one word after another: the same on every machine and with every
version of numpy, unlike its generators' permutations.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]

GAMMA = np.uint64(0x9E3779B97F4A7C15)
FIRST_FACTOR = np.uint64(0xBF58476D1CE4E5B9)
SECOND_FACTOR = np.uint64(0x94D049BB133111EB)
FIRST_SHIFT, SECOND_SHIFT, THIRD_SHIFT = np.uint64(30), np.uint64(27), np.uint64(31)
WORD_MASK = (1 << 64) - 1
FRACTION_BITS = 53
"""Of a float64."""


def mixed(*words: int | Words) -> Words:
    """64 random bits for each combination of words; arrays give an array of their length, numbers one of length 1."""
    state = np.zeros(1, np.uint64)
    for word in words:
        value = np.array([word & WORD_MASK], np.uint64) if isinstance(word, int) else word
        state = _finalised((state ^ value) + GAMMA)
    return state


def mixed_bits(bits: int, *words: int) -> int:
    """So many random bits, at most 64, as a number."""
    return int(mixed(*words)[0]) >> (64 - bits)


def uniform(*words: int) -> float:
    """A number from 0 up to, and without, 1."""
    return mixed_bits(FRACTION_BITS, *words) / (1 << FRACTION_BITS)


def _finalised(z: Words) -> Words:
    z = (z ^ (z >> FIRST_SHIFT)) * FIRST_FACTOR
    z = (z ^ (z >> SECOND_SHIFT)) * SECOND_FACTOR
    return z ^ (z >> THIRD_SHIFT)
