"""The norm of queries and keys."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class RMSNorm(nn.Module):
    """Root mean square norm over the last dimension, computed in float32 and given in the features' dtype."""

    def __init__(self, size: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, features: Tensor) -> Tensor:
        """(..., size) to (..., size)."""
        # A weight of another dtype than the features (under autocast) would miss the fused kernel.
        return functional.rms_norm(features, self.weight.shape, self.weight.to(features.dtype), self.eps)
