"""Adaptive layer norm: three vectors for each kind of token, never a tensor for each token.

A per-token table of shifts, scales and gates would take 3.9 GiB for each block at 832x480.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

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

    def affine(self, tokens: Tensor, shift: int, scale: int) -> Tensor:
        """`tokens * (1 + scale) + shift` with the vectors of these indices."""
        return _joined(
            [
                shifted(tokens[:, run.start : run.stop], vectors[:, shift], vectors[:, scale])
                for run, vectors in self._with_vectors()
            ]
        )

    def add_gated(self, tokens: Tensor, update: Tensor, gate: int) -> Tensor:
        """`tokens + gate * update`."""
        return _joined(
            [
                torch.addcmul(tokens[:, run.start : run.stop], update[:, run.start : run.stop], vectors[:, gate, None])
                for run, vectors in self._with_vectors()
            ]
        )

    def _with_vectors(self) -> list[tuple[Run, Tensor]]:
        return [(run, self.noisy if run.noisy else self.clean) for run in self.runs]


def shifted(tokens: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    """`tokens * (1 + scale) + shift`; tokens (B, L, D), vectors (B or 1, D)."""
    return torch.addcmul(shift[:, None], tokens, 1 + scale[:, None])


def _joined(parts: list[Tensor]) -> Tensor:
    return parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)
