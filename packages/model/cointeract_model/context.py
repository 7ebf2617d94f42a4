"""What the conditions become: computed once for a generation, handed to the forward pass at every step."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from cointeract_model.audio import AudioTokens
from cointeract_model.grid import Grid
from cointeract_model.layout import Layout
from cointeract_model.visibility import Presence


@dataclass(frozen=True, eq=False)
class EncodedText:
    """An embedded prompt of one stream."""

    rows: Tensor
    """(B, R, D)."""
    lengths: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Context:
    """Made by `Transformer.encode`. With gradients it serves one training step; without, a whole generation."""

    grid: Grid
    presence: Presence
    layout: Layout
    """Of the RGB stream."""
    before: Tensor
    """(B, M + n, D): motion and person tokens, which come before the target."""
    target: Tensor
    """(B or 1, N or 1, D): pose and type embedding, added to the target's tokens."""
    after: Tensor | None
    """(B, n, D): product tokens, which come after the target."""
    text: EncodedText
    hoi_text: EncodedText | None
    """Of the samples that have an HOI stream."""
    audio: AudioTokens
    rope: Tensor
    """(B or 1, S, D/H/2, 2): rotary table of the RGB stream."""
    hoi_rope: Tensor | None
    """(1, N, D/H/2, 2)."""
