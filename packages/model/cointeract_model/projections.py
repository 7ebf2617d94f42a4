"""Query, key, value and output projections with a norm over all features of the queries and of the keys."""

from __future__ import annotations

from itertools import groupby

import torch
from torch import Tensor, nn

from cointeract_model.attention import Heads, Place, dot_product_attention, put_back, take
from cointeract_model.config import ModelConfig
from cointeract_model.norm import RMSNorm
from cointeract_model.rope import rotate


class AttentionProjections(nn.Module):
    """The weights of one attention. Queries and keys are normed over D, not over a head (Wan)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        hidden = config.hidden_size
        self.heads = config.heads
        self.q = nn.Linear(hidden, hidden)
        self.k = nn.Linear(hidden, hidden)
        self.v = nn.Linear(hidden, hidden)
        self.o = nn.Linear(hidden, hidden)
        self.norm_q = RMSNorm(hidden, config.eps)
        self.norm_k = RMSNorm(hidden, config.eps)

    def queries(self, tokens: Tensor) -> Tensor:
        """(B, L, D) to (B, L, H, D/H)."""
        queries: Tensor = self.norm_q(self.q(tokens))
        return self._split(queries)

    def keys(self, tokens: Tensor) -> Tensor:
        """(B, L, D) to (B, L, H, D/H)."""
        keys: Tensor = self.norm_k(self.k(tokens))
        return self._split(keys)

    def values(self, tokens: Tensor) -> Tensor:
        """(B, L, D) to (B, L, H, D/H)."""
        return self._split(self.v(tokens))

    def output(self, attended: Tensor) -> Tensor:
        """(B, L, H, D/H) to (B, L, D)."""
        out: Tensor = self.o(attended.flatten(2))
        return out

    def _split(self, features: Tensor) -> Tensor:
        split: Tensor = features.unflatten(-1, (self.heads, -1))
        return split


class SelfAttention(AttentionProjections):
    """Projections of the self-attention; both streams share them."""

    def project(self, tokens: Tensor, table: Tensor) -> Heads:
        """Queries and keys turned by their positions' rotary table, and values."""
        return Heads(rotate(self.queries(tokens), table), rotate(self.keys(tokens), table), self.values(tokens))


class CrossAttention(AttentionProjections):
    """Tokens of one stream attend to other rows, without positions."""

    def forward(self, tokens: Tensor, context: Tensor, lengths: tuple[int, ...] | None = None) -> Tensor:
        """What to add to tokens (B, L, D) that attend to the first `lengths` rows of context (B, R, D), or to all."""
        query, key, value = self.queries(tokens), self.keys(context), self.values(context)
        if lengths is None or set(lengths) == {context.shape[1]}:
            return self.output(dot_product_attention(query, key, value))
        whole = ((0, tokens.shape[1]),)
        places: list[Place] = []
        parts: list[Tensor] = []
        by_length = sorted(range(len(lengths)), key=lambda sample: lengths[sample])
        for length, members in groupby(by_length, key=lambda sample: lengths[sample]):
            samples, seen = tuple(members), ((0, length),)
            parts.append(
                dot_product_attention(take(query, samples, whole), take(key, samples, seen), take(value, samples, seen))
            )
            places.append((samples, whole))
        return self.output(put_back(query, places, parts))


def gathered_rows(tokens: Tensor, rows: tuple[int, ...]) -> Tensor:
    """Some samples of a batch; all of them are the batch itself."""
    return tokens if len(rows) == len(tokens) else tokens[torch.tensor(rows, device=tokens.device, dtype=torch.long)]
