"""The sizes at which the transformer is measured.

The released model has 5,120 features and heads of 128. With product and motion, both streams together have 67,834 tokens at 832x480,
13 for each feature, and 156,560 at 1280x720, 31 for each; attention's share of the arithmetic follows from that. Here features and
tokens are fewer by about as much, and everything else (feed-forward network, experts, text rows, encoders) is as much smaller as the
features. Arithmetic dominates: more than eight tenths of a step's time are products of matrices.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from cointeract_model.config import ModelConfig, wan_s2v_14b
from cointeract_model.switches import Switches
from cointeract_model.transformer import Transformer
from tests.model.samples import Case, random_model

HEAD = 128
TEXT_ROWS = 512
FRAMES = 20
EXPERT_SIZE = 256
WEIGHT_SCALE = 0.1  # of the tests' weights, which are for a model of 48 features
LAYERS = 2


@dataclass(frozen=True)
class Size:
    """A resolution in small."""

    resolution: str
    hidden: int
    """Features."""
    height: int
    """Of a latent, in cells; likewise the width."""
    width: int

    def scaled(self, size: int) -> int:
        """A width of the released model, as much smaller as the features are; even."""
        return 2 * round(size * self.hidden / wan_s2v_14b().hidden_size / 2)


SMALL = Size("832x480", hidden=384, height=16, width=26)
LARGE = Size("1280x720", hidden=256, height=20, width=36)


def config(size: Size = SMALL, *, layers: int = LAYERS, experts: bool = True, hoi: bool = True) -> ModelConfig:
    """The released model's proportions."""
    whole = wan_s2v_14b()
    return ModelConfig(
        hidden_size=size.hidden,
        heads=size.hidden // HEAD,
        feed_forward_size=size.scaled(whole.feed_forward_size),
        layers=layers,
        audio_layers=(0,),
        text_size=size.scaled(whole.text_size),
        audio_size=size.scaled(whole.audio_size),
        timestep_size=whole.timestep_size,
        expert_size=size.scaled(EXPERT_SIZE) if experts else None,
        hoi=hoi,
    )


def case(size: Size = SMALL) -> Case:
    """20 latents with everything, at a timestep where experts count."""
    return Case(
        frames=FRAMES, height=size.height, width=size.width, text_rows=size.scaled(TEXT_ROWS), timestep=500.0
    )


def model(switches: Switches, dimensions: ModelConfig) -> Transformer:
    """With random weights that keep values of the order of one."""
    made = random_model(switches, dimensions)
    with torch.no_grad():
        for name, parameter in made.named_parameters():
            if "norm" not in name:
                parameter.mul_(WEIGHT_SCALE)
    return made
