"""The head of a stream: from tokens to the velocity of its latents."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cointeract_model.config import ModelConfig
from cointeract_model.modulation import modulated_norm
from cointeract_model.patches import PATCH_CELLS

HEAD_VECTORS = 2
"""Shift and scale."""


class VelocityHead(nn.Module):
    """Norm, modulation by the timestep's embedding, one linear layer."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.eps = config.eps
        self.modulation = nn.Parameter(torch.empty(1, HEAD_VECTORS, config.hidden_size))
        self.projection = nn.Linear(config.hidden_size, PATCH_CELLS * config.latent_channels)

    def forward(self, tokens: Tensor, time: Tensor) -> Tensor:
        """Patches (B, N, 4 C) of tokens (B, N, D) at times embedded as (B, D)."""
        shift, scale = (self.modulation.float() + time[:, None]).to(tokens.dtype).unbind(1)
        patches: Tensor = self.projection(modulated_norm(tokens, shift, scale, self.eps))
        return patches
