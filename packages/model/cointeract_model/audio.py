"""The causal audio encoder: hidden states of a speech model to a few tokens for each latent frame (Wan2.2-S2V)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from cointeract_model.config import ModelConfig
from cointeract_shards.constants import MOTION_FRAMES, MOTION_LATENT_FRAMES

KERNEL = 3
HALVING = 2
NARROW, MIDDLE = 4, 2
"""Widths of the first two convolutions: a quarter and a half of the model's."""


@dataclass(frozen=True, eq=False)
class AudioTokens:
    """What a clip's audio becomes."""

    local: Tensor
    """(B, T, audio_tokens + 1, D): what a latent frame's tokens attend to."""
    pooled: Tensor
    """(B, T, D): what modulates them before."""


class CausalConv(nn.Module):
    """A convolution over time that sees the present and two steps before it; the first step is repeated to the left.

    Layer norm and SiLU follow.
    """

    def __init__(self, inputs: int, outputs: int, stride: int, eps: float) -> None:
        super().__init__()
        self.conv = nn.Conv1d(inputs, outputs, KERNEL, stride=stride)
        self.eps = eps

    def forward(self, frames: Tensor, tokens: int = 1) -> Tensor:
        """(B, inputs, F) to (B tokens, outputs / tokens, F / stride): channels split into tokens before the norm."""
        convolved = self.conv(functional.pad(frames, (KERNEL - 1, 0), mode="replicate"))
        split = convolved.unflatten(1, (tokens, -1)).flatten(0, 1).transpose(1, 2)
        return functional.silu(functional.layer_norm(split, split.shape[-1:], eps=self.eps)).transpose(1, 2)


class AudioEncoder(nn.Module):
    """Mixes the hidden states, then three causal convolutions bring 25 Hz down to one step for each latent frame.

    The first frame is repeated 73 times to the left, in place of the motion's audio. Step k then hears the audio up to
    frame 4 k + 3, the last one that latent k covers.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        hidden, eps = config.hidden_size, config.eps
        narrow, middle = hidden // NARROW, hidden // MIDDLE
        self.tokens = config.audio_tokens
        self.state_weights = nn.Parameter(torch.empty(1, config.audio_states, 1, 1))
        self.local_conv = CausalConv(config.audio_size, narrow * config.audio_tokens, 1, eps)
        self.pooled_conv = CausalConv(config.audio_size, narrow, 1, eps)
        self.middle_conv = CausalConv(narrow, middle, HALVING, eps)
        self.last_conv = CausalConv(middle, hidden, HALVING, eps)
        self.pooled_projection = nn.Linear(hidden, hidden)
        self.padding_token = nn.Parameter(torch.empty(1, 1, 1, hidden))

    def forward(self, audio: Tensor, frames: int) -> AudioTokens:
        """Of hidden states (B, states, features, F) with F at least `4 frames`; those after are not used."""
        weights = functional.silu(self.state_weights)
        mixed = (audio.to(weights.dtype) * weights).sum(1) / weights.sum()
        padded = functional.pad(mixed, (MOTION_FRAMES, 0), mode="replicate")
        target = slice(MOTION_LATENT_FRAMES, MOTION_LATENT_FRAMES + frames)
        local = self._downsampled(self.local_conv(padded, self.tokens)).unflatten(0, (-1, self.tokens))
        local = local.permute(0, 3, 1, 2)[:, target]  # (B, T, tokens, D)
        pooled = self._downsampled(self.pooled_conv(padded)).transpose(1, 2)[:, target]
        padding = self.padding_token.expand(*local.shape[:2], 1, -1)
        return AudioTokens(torch.cat((local, padding), dim=2), self.pooled_projection(pooled))

    def _downsampled(self, frames: Tensor) -> Tensor:
        downsampled: Tensor = self.last_conv(self.middle_conv(frames))
        return downsampled
