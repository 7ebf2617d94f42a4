"""Classifier-free guidance with separate scales for text and audio."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import torch

from cointeract_model.flow.latents import Latents, check_alike
from cointeract_model.flow.solver import VelocityFunction


class Condition(StrEnum):
    """What one forward pass is told. References, motion and pose are given in all of them."""

    NONE = "none"
    """The negative prompt, and audio features of zero."""

    AUDIO = "audio"
    """The negative prompt, and the audio."""

    BOTH = "both"
    """The prompt, and the audio."""


ConditionedVelocity = Callable[[Condition, Latents, float], Latents]
"""`(condition, latents, timestep)` to the velocity of each stream."""


@dataclass(frozen=True)
class Guidance:
    """`v = v_none + audio * (v_audio - v_none) + text * (v_both - v_audio)`: the text's part is what it adds to the audio's.

    Equal scales leave `v_none + scale * (v_both - v_none)`, the released rule. A pass whose weight is zero isn't run:

    | scales | forward passes |
    |---|---|
    | both 1 | 1: `both` |
    | equal, not 1 | 2: `none`, `both` |
    | audio 1, another text | 2: `audio`, `both` |
    | both 0 | 1: `none` |
    | text 0, audio 1 | 1: `audio` |
    | text 0, another audio | 2: `none`, `audio` |
    | otherwise | 3 |

    Attributes:
        text: scale of the prompt.
        audio: scale of the audio.
    """

    text: float
    audio: float

    def __post_init__(self) -> None:
        for name, scale in (("text", self.text), ("audio", self.audio)):
            if not (math.isfinite(scale) and scale >= 0):
                raise ValueError(f"guidance scale {name} is {scale}; give a number of 0 or more, 1 for no guidance")

    @classmethod
    def single(cls, scale: float) -> Guidance:
        """One scale for both: 5 in the paper, 7 in the released code."""
        return cls(text=scale, audio=scale)

    @property
    def weights(self) -> dict[Condition, float]:
        """Weight of each forward pass that is needed; they sum to 1."""
        weights = {
            Condition.NONE: 1 - self.audio,
            Condition.AUDIO: self.audio - self.text,
            Condition.BOTH: self.text,
        }
        return {condition: weight for condition, weight in weights.items() if weight != 0}

    def guide(self, velocity: ConditionedVelocity) -> VelocityFunction:
        """The guided velocity, for a solver; as many forward passes a call as `weights` has entries."""
        weights = self.weights

        def guided(latents: Latents, timestep: float) -> Latents:
            if len(weights) == 1:  # not multiplied, so equal to the model's own to the bit
                return velocity(next(iter(weights)), latents, timestep)
            parts = []
            for condition, weight in weights.items():
                streams = velocity(condition, latents, timestep)
                check_alike(latents, streams, "the latents", f"the velocity for {condition}")
                parts.append(tuple(weight * stream.to(latents[0].dtype) for stream in streams))
            return tuple(torch.stack(streams).sum(0) for streams in zip(*parts, strict=True))

        return guided
