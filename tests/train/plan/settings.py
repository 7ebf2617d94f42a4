"""Settings of these tests: small, and yet with activations that outweigh a block's weights."""

from __future__ import annotations

from typing import Any

from tests.train.toy import toy_config

from cointeract_model.config import ModelConfig
from cointeract_train.config import TrainConfig

DIMENSIONS = ModelConfig(
    hidden_size=48,
    heads=4,
    feed_forward_size=96,
    layers=2,
    audio_layers=(0,),
    text_size=16,
    audio_size=8,
    audio_states=2,
    timestep_size=16,
    expert_size=16,
)


def small_config(dimensions: ModelConfig = DIMENSIONS, **groups: Any) -> TrainConfig:
    """A recipe of 64x64 pixels and short prompts."""
    text = {"name": "hashed-text", "dim": dimensions.text_size, "max_tokens": 12}
    data = {"buckets": ["64x64"], "micro_batch": 2, "global_batch": 4, "codecs": {"text": text}}
    base: dict[str, Any] = {
        "model": {"dimensions": dimensions.model_dump(), "switches": {"router_class_weights": {"head": 2}}},
        "data": {**data, **groups.pop("data", {})},
    }
    return toy_config(**base, **groups)
