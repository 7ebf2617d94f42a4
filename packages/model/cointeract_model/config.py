"""Dimensions of the transformer. What the model does, rather than how big it is, lies in `switches`."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

ROTARY_AXES = 3
"""Axes of a token's position: time, row, column."""

AUDIO_WIDTH_DIVISOR = 4
"""The audio encoder's first convolution makes features of `hidden_size / 4` (Wan2.2-S2V)."""


class ModelConfig(BaseModel):
    """Dimensions. Unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hidden_size: int = Field(gt=0)
    """Features of a token, D."""
    heads: int = Field(gt=0)
    """Attention heads, H; a head has `D / H` features, an even number of at least 6."""
    feed_forward_size: int = Field(gt=0)
    """Hidden features of the feed-forward network, which is also the shared expert."""
    layers: int = Field(gt=0)
    """Transformer blocks."""
    audio_layers: tuple[int, ...]
    """Blocks after which audio is injected, ascending, from 0."""
    text_size: int = Field(gt=0)
    """Features of a text row (umT5-XXL: 4096)."""
    audio_size: int = Field(gt=0)
    """Features of an audio frame in each hidden state (wav2vec 2.0 large: 1024)."""
    audio_states: int = Field(default=25, gt=0)
    """Hidden states of the audio encoder that are mixed: the embedding and 24 layers."""
    audio_tokens: int = Field(default=4, gt=0)
    """Audio tokens of one latent frame, before the learned padding token."""
    timestep_size: int = Field(default=256, gt=0)
    """Features of the sinusoidal timestep embedding; even."""
    latent_channels: int = Field(default=16, gt=0)
    """Channels of a latent, C."""
    expert_size: int | None = Field(default=256, gt=0)
    """Hidden features of an expert (paper section 4.1: 256). None is a model without a mixture of experts."""
    router_size: int | None = Field(default=None, gt=0)
    """Hidden features of the router. None is half of `hidden_size`, as released."""
    hoi: bool = True
    """Whether the model has the HOI stream's own parts: patch embedding, modulation, type embedding and head."""
    eps: float = Field(default=1e-6, gt=0)
    """Epsilon of the layer and RMS norms."""

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        if self.hidden_size % self.heads:
            raise ValueError(f"hidden_size {self.hidden_size} isn't a multiple of heads {self.heads}")
        if self.head_size % 2 or self.head_size < 2 * ROTARY_AXES:
            raise ValueError(
                f"a head of {self.head_size} features has no rotary pairs for three axes: give an even number from 6"
            )
        if self.hidden_size % AUDIO_WIDTH_DIVISOR:
            raise ValueError(f"hidden_size {self.hidden_size} isn't a multiple of 4, which the audio encoder needs")
        if self.timestep_size % 2:
            raise ValueError(f"timestep_size {self.timestep_size} is odd: it holds pairs of cosine and sine")
        ascending = tuple(sorted(set(self.audio_layers))) == self.audio_layers
        if not ascending or not all(0 <= layer < self.layers for layer in self.audio_layers):
            raise ValueError(f"audio_layers {self.audio_layers} must ascend within 0 .. {self.layers - 1}")
        return self

    @property
    def head_size(self) -> int:
        """Features of one attention head."""
        return self.hidden_size // self.heads

    @property
    def router_width(self) -> int:
        """Hidden features of the router, resolved."""
        return self.hidden_size // 2 if self.router_size is None else self.router_size


def wan_s2v_14b(*, expert_size: int | None = 256, router_size: int | None = None, hoi: bool = True) -> ModelConfig:
    """Wan2.2-S2V-14B (16.3 billion parameters), by default with CoInteract's experts and HOI stream."""
    return ModelConfig(
        hidden_size=5120,
        heads=40,
        feed_forward_size=13824,
        layers=40,
        audio_layers=(0, 4, 8, 12, 16, 20, 24, 27, 30, 33, 36, 39),
        text_size=4096,
        audio_size=1024,
        expert_size=expert_size,
        router_size=router_size,
        hoi=hoi,
    )


def tiny(*, text_size: int = 32, audio_size: int = 24, expert_size: int | None = 16, hoi: bool = True) -> ModelConfig:
    """A model of a tenth of a million parameters in each of three blocks: it runs on a CPU in well under a second."""
    return ModelConfig(
        hidden_size=48,
        heads=4,
        feed_forward_size=96,
        layers=3,
        audio_layers=(0, 2),
        text_size=text_size,
        audio_size=audio_size,
        timestep_size=32,
        expert_size=expert_size,
        hoi=hoi,
    )
