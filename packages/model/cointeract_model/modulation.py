"""Adaptive layer norm: three vectors for each kind of token, never a tensor for each token.

A per-token table of shifts, scales and gates would take 3.9 GiB for each block at 832x480.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from cointeract_model.layout import Layout, Segment
from cointeract_model.timestep import Times


@dataclass(frozen=True)
class Run:
    """Neighbouring tokens with the same modulation."""

    start: int
    stop: int
    noisy: bool
    """Modulated by the sample's timestep; otherwise by timestep 0."""


def runs_of(layout: Layout, noisy_segments: frozenset[Segment]) -> tuple[Run, ...]:
    """The fewest runs that cover a stream."""
    runs: list[Run] = []
    for span in layout.spans:
        noisy = span.segment in noisy_segments
        if runs and runs[-1].noisy == noisy:
            runs[-1] = Run(runs[-1].start, span.stop, noisy)
        else:
            runs.append(Run(span.start, span.stop, noisy))
    return tuple(runs)


@dataclass(frozen=True, eq=False)
class Modulation:
    """Vectors of one block for one stream: (B, 6, D) for noisy tokens, (1, 6, D) for clean ones, in the tokens' dtype."""

    noisy: Tensor
    clean: Tensor
    runs: tuple[Run, ...]

    @staticmethod
    def of(table: Tensor, times: Times, runs: tuple[Run, ...], dtype: torch.dtype) -> Modulation:
        """A block's own table (1, 6, D) plus the timestep's vectors, added in float32."""
        own = table.float()
        return Modulation((own + times.noisy).to(dtype), (own + times.clean).to(dtype), runs)

    def norm(self, tokens: Tensor, shift: int, scale: int, eps: float) -> Tensor:
        """Layer norm of tokens (B, L, D), times `1 + scale`, plus `shift`: the vectors of these indices."""
        return _joined(
            [
                modulated_norm(part, vectors[:, shift], vectors[:, scale], eps)
                for part, vectors in zip(self._split(tokens), self._vectors(), strict=True)
            ]
        )

    def add_gated(self, tokens: Tensor, update: Tensor, gate: int) -> Tensor:
        """`tokens + gate * update`."""
        return _joined(
            [
                torch.addcmul(part, added, vectors[:, gate, None])
                for part, added, vectors in zip(self._split(tokens), self._split(update), self._vectors(), strict=True)
            ]
        )

    def _vectors(self) -> list[Tensor]:
        return [self.noisy if run.noisy else self.clean for run in self.runs]

    def _split(self, tokens: Tensor) -> tuple[Tensor, ...]:
        # The gradient of a split is one concatenation; slices would each fill a stream with zeros and add it.
        parts: tuple[Tensor, ...] = tokens.split([run.stop - run.start for run in self.runs], dim=1)
        return parts


def modulated_norm(tokens: Tensor, shift: Tensor, scale: Tensor, eps: float) -> Tensor:
    """`layer_norm(tokens) * (1 + scale) + shift`; tokens (B, L, D), vectors (B or 1, D)."""
    size = tokens.shape[-1:]
    if len(shift) == 1:
        # One kernel that keeps no normed tokens for the backward pass.
        return functional.layer_norm(tokens, size, 1 + scale[0], shift[0], eps)
    return torch.addcmul(shift[:, None], functional.layer_norm(tokens, size, eps=eps), 1 + scale[:, None])


def _joined(parts: list[Tensor]) -> Tensor:
    return parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)
