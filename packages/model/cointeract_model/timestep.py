"""The timestep's embedding, in float32 whatever the model's dtype: bfloat16 would leave 294 of 1,000 timesteps."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from cointeract_model.config import ModelConfig

MAX_PERIOD = 10_000.0
MODULATION_VECTORS = 6
"""Shift, scale and gate before attention, then before the feed-forward network."""


@dataclass(frozen=True, eq=False)
class Times:
    """Embedded timesteps in float32."""

    embedding: Tensor
    """(B, D) of each sample's timestep; what the heads take."""
    noisy: Tensor
    """(B, 6, D): what modulates noisy tokens in the blocks."""
    clean: Tensor
    """(1, 6, D) of timestep 0: what modulates motion and references."""


class TimestepEmbedding(nn.Module):
    """Sinusoids, a two-layer network, and its projection to six vectors of modulation."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.size = config.timestep_size
        hidden = config.hidden_size
        self.embedding = nn.Sequential(nn.Linear(self.size, hidden), nn.SiLU(), nn.Linear(hidden, hidden))
        self.projection = nn.Sequential(nn.SiLU(), nn.Linear(hidden, MODULATION_VECTORS * hidden))

    def forward(self, timestep: Tensor) -> Times:
        """Of timesteps (B,), 0 to 1000."""
        device = next(self.parameters()).device
        # Autocast would undo float32; it doesn't know the meta device.
        with nullcontext() if device.type == "meta" else torch.autocast(device.type, enabled=False):
            both = torch.cat((timestep.to(device, torch.float64), torch.zeros(1, device=device, dtype=torch.float64)))
            embedded = sinusoids(both, self.size).float()
            embedded = _in_float32(self.embedding[0], embedded)
            embedded = _in_float32(self.embedding[2], functional.silu(embedded))
            vectors = _in_float32(self.projection[1], functional.silu(embedded)).unflatten(1, (MODULATION_VECTORS, -1))
        return Times(embedded[:-1], vectors[:-1], vectors[-1:])


def sinusoids(positions: Tensor, size: int) -> Tensor:
    """Cosines, then sines, of positions (B,) at `size / 2` frequencies from 1 down to 1 / 10000: (B, size)."""
    half = size // 2
    frequencies = MAX_PERIOD ** (-torch.arange(half, device=positions.device, dtype=positions.dtype) / half)
    angles = positions[:, None] * frequencies
    return torch.cat((angles.cos(), angles.sin()), dim=1)


def _in_float32(layer: nn.Module, values: Tensor) -> Tensor:
    assert isinstance(layer, nn.Linear)
    return functional.linear(values, layer.weight.float(), layer.bias.float())
