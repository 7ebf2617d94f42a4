"""The encoded parts of one draw, whether they were read from caches or made on the fly. Without a batch dimension, float32."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from cointeract_shards.records import Tracks

Part = Literal["latents", "text", "audio"]
"""What caches hold; each has its codec."""

PARTS: tuple[Part, ...] = ("latents", "text", "audio")


@dataclass(frozen=True, eq=False)
class Visuals:
    """Latents of a draw, with motion or without. (16, n, h, w) each."""

    target: Tensor
    """n = 20."""
    person: Tensor
    """n = 1."""
    product: Tensor
    """n = 1."""
    product_scale: float
    hoi: Tensor | None = None
    """n = 20; None where HOI isn't trained."""
    motion: Tensor | None = None
    """n = 19; None where the draw has no motion."""
    pose: Tensor | None = None
    """n = 20; None where the draw has no pose."""


@dataclass(frozen=True, eq=False)
class Words:
    """Rows of a draw's texts, (L, dim) each."""

    prompt: Tensor
    hoi: Tensor | None
    """None where HOI isn't trained."""


@dataclass(frozen=True)
class Wanted:
    """What a draw asks for."""

    motion: bool
    """False where the draw drops it or the sample has none."""
    pose: bool
    text: bool
    """False: the rows of the empty prompt."""


@dataclass(frozen=True, eq=False)
class Features:
    """All of a draw."""

    visuals: Visuals
    words: Words
    audio: Tensor
    """(layers, dim, 81), a column for each frame."""
    tracks: Tracks
