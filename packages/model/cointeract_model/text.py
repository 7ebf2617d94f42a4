"""The text embedding that both streams' prompts pass through."""

from __future__ import annotations

from torch import Tensor, nn


class TextEmbedding(nn.Sequential):
    """Text rows (B, L, text_size) to (B, L, D): linear, GELU, linear. A row of zeros becomes one that is attended."""

    def __init__(self, text_size: int, hidden_size: int) -> None:
        super().__init__(
            nn.Linear(text_size, hidden_size), nn.GELU(approximate="tanh"), nn.Linear(hidden_size, hidden_size)
        )

    def forward(self, rows: Tensor) -> Tensor:
        """Embedded rows in the weights' dtype."""
        embedded = rows.to(next(self.parameters()).dtype)
        for layer in self:
            embedded = layer(embedded)
        return embedded
