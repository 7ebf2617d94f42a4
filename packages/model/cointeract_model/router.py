"""The router: which region of the body a token shows (section 3.2, Eq. 5)."""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

from cointeract_model.config import ModelConfig
from cointeract_shards.boxes import BASE_LABEL, FACE_LABEL, HAND_LABEL

BASE, HAND, HEAD = BASE_LABEL, HAND_LABEL, FACE_LABEL
"""Classes in the order of the logits, that of the released router: base 0, hand 1, head ("face") 2."""

CLASSES = ("base", "hand", "head")


class Router(nn.Sequential):
    """Logits (B, N, 3) of the target's tokens (B, N, D), of which no gradient flows back (the paper's `sg`)."""

    def __init__(self, config: ModelConfig, kind: Literal["mlp", "release"]) -> None:
        width = config.router_width
        normed: list[nn.Module] = [nn.LayerNorm(width)] if kind == "release" else []
        super().__init__(nn.Linear(config.hidden_size, width), nn.SiLU(), *normed, nn.Linear(width, len(CLASSES)))

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits in the order base, hand, head."""
        hidden = tokens.detach()
        for layer in self:
            hidden = layer(hidden)
        return hidden
