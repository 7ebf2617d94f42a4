"""The model that a recipe trains, in shapes alone: no weights are read, and none are made."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from cointeract_model.checkpoints.load import CheckpointKind, kind_of
from cointeract_model.checkpoints.saved import read_description
from cointeract_model.config import ModelConfig, wan_s2v_14b
from cointeract_model.transformer import Transformer
from cointeract_train.config import ModelSettings, TrainConfig
from cointeract_train.trainable import set_trained


@dataclass(frozen=True)
class Dimensions:
    """Of the model that is trained, and how they are known."""

    config: ModelConfig
    assumed: bool
    """Whether the weights to start from aren't here, and were taken for Wan2.2-S2V-14B."""


def dimensions_of(settings: ModelSettings) -> Dimensions:
    """A recipe's own, those of weights that training exported, or Wan2.2-S2V-14B with new experts and HOI parts.

    Raises:
        CheckpointError: weights that are here and can't be trained from.
    """
    if settings.dimensions is not None:
        return Dimensions(settings.dimensions, assumed=False)
    assert settings.start is not None
    here = settings.start.exists()
    if here and kind_of(settings.start) is CheckpointKind.SAVED:
        return Dimensions(read_description(settings.start).config, assumed=False)
    router = settings.router_size if settings.expert_size is not None else None
    return Dimensions(
        wan_s2v_14b(expert_size=settings.expert_size, router_size=router, hoi=settings.hoi), assumed=not here
    )


def shapes_of(config: TrainConfig, dimensions: ModelConfig) -> Transformer:
    """The model as training would have it: LoRA added, the rest frozen, every parameter in its precision, on the meta device."""
    with torch.device("meta"):
        model = Transformer(dimensions, config.model.chosen_switches)
        set_trained(model, config)
    return model
