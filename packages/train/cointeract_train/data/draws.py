"""What one draw leaves out, and the seed of its noise: functions of the run's seed, the epoch and the position in the global order."""

from __future__ import annotations

from dataclasses import dataclass

from cointeract_train.data.config import Dropouts
from cointeract_train.data.mixing import mixed_bits, uniform
from cointeract_train.data.plan import Draw

NOISE, TEXT, AUDIO, MOTION, POSE = 3, 4, 5, 6, 7
"""What a random number is for; `plan` has 1 and 2."""

SEED_BITS = 63
"""Of a seed that a generator of torch takes."""


@dataclass(frozen=True)
class Choice:
    """What a draw leaves out, and its seed."""

    text: bool
    audio: bool
    motion: bool
    pose: bool
    seed: int


def choose(seed: int, draw: Draw, dropouts: Dropouts) -> Choice:
    """The choice for a draw.

    Args:
        seed: of the run.
        draw: the sample at its place.
        dropouts: how often what is left out.
    """

    def dropped(purpose: int, probability: float) -> bool:
        return uniform(seed, draw.epoch, purpose, draw.position) < probability

    return Choice(
        text=dropped(TEXT, dropouts.text),
        audio=dropped(AUDIO, dropouts.audio),
        motion=dropped(MOTION, dropouts.motion),
        pose=dropped(POSE, dropouts.pose),
        seed=mixed_bits(SEED_BITS, seed, draw.epoch, NOISE, draw.position),
    )
