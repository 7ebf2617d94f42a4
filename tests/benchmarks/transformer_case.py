"""The size at which the transformer is measured.

The released model at 832x480 has 5,120 features, heads of 128, and 67,834 tokens of both streams with product and motion:
13 tokens for each feature, of which attention's share of the arithmetic follows. Here the sides of the picture are a quarter
(latents of 16 x 26) and the features 384, so that 4,520 tokens make 12 for each feature, and everything else is as much
smaller as the features: feed-forward network, experts, text rows, encoders. Arithmetic dominates: more than eight
tenths of a step's time are products of matrices.
"""

from __future__ import annotations

import torch

from cointeract_model.config import ModelConfig, wan_s2v_14b
from cointeract_model.switches import Switches
from cointeract_model.transformer import Transformer
from tests.model.samples import Case, random_model

HIDDEN, HEAD = 384, 128
TEXT_ROWS = 512
WEIGHT_SCALE = 0.1  # of the tests' weights, which are for a model of 48 features
LAYERS = 2


def scaled(size: int) -> int:
    """A width of the released model, as much smaller as the features are; even."""
    return 2 * round(size * HIDDEN / wan_s2v_14b().hidden_size / 2)


def config(*, layers: int = LAYERS, experts: bool = True, hoi: bool = True) -> ModelConfig:
    """The released model's proportions."""
    whole = wan_s2v_14b()
    return ModelConfig(
        hidden_size=HIDDEN,
        heads=HIDDEN // HEAD,
        feed_forward_size=scaled(whole.feed_forward_size),
        layers=layers,
        audio_layers=(0,),
        text_size=scaled(whole.text_size),
        audio_size=scaled(whole.audio_size),
        timestep_size=whole.timestep_size,
        expert_size=scaled(256) if experts else None,
        hoi=hoi,
    )


def case() -> Case:
    """20 latents of 16 x 26 cells with everything, at a timestep where experts count."""
    return Case(frames=20, height=16, width=26, text_rows=scaled(TEXT_ROWS), timestep=500.0)


def model(switches: Switches, dimensions: ModelConfig) -> Transformer:
    """With random weights that keep values of the order of one."""
    made = random_model(switches, dimensions)
    with torch.no_grad():
        for name, parameter in made.named_parameters():
            if "norm" not in name:
                parameter.mul_(WEIGHT_SCALE)
    return made
