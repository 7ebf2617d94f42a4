"""One transformer block: both streams pass the same weights with modulation of their own (section 3.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from cointeract_model.attention import DualStreamAttention, Heads
from cointeract_model.config import ModelConfig
from cointeract_model.feed_forward import FeedForward
from cointeract_model.idle import with_idle
from cointeract_model.layout import Layout, Segment
from cointeract_model.modulation import Modulation, Run
from cointeract_model.projections import CrossAttention, SelfAttention
from cointeract_model.switches import Switches
from cointeract_model.timestep import MODULATION_VECTORS, Times
from cointeract_model.visibility import VisibilityGroup

SHIFT_ATTENTION, SCALE_ATTENTION, GATE_ATTENTION, SHIFT_FEED, SCALE_FEED, GATE_FEED = range(MODULATION_VECTORS)


@dataclass(frozen=True, eq=False)
class StreamContext:
    """What one stream's tokens need in every block of a forward pass."""

    layout: Layout
    """Of the tokens at hand: all, or a process's share."""
    runs: tuple[Run, ...]
    rope: Tensor
    """(B or 1, L, D/H/2, 2), float32."""
    text: Tensor
    """(B, R, D), embedded."""
    text_lengths: tuple[int, ...]
    times: Times


@dataclass(frozen=True, eq=False)
class BlockContext:
    """What every block of a forward pass needs."""

    rgb: StreamContext
    hoi: StreamContext | None
    attention: DualStreamAttention
    groups: tuple[VisibilityGroup, ...]
    expert_samples: tuple[int, ...]
    """Samples whose experts count at their timestep."""
    router_logits: bool
    """Whether the router's logits are wanted."""


class Streams(NamedTuple):
    """Tokens of both streams, (B, L, D) each; the HOI stream's batch holds only the samples that have one."""

    rgb: Tensor
    hoi: Tensor | None


class Block(nn.Module):
    """Self-attention of both streams, cross-attention of each to its own prompt, feed-forward network with experts.

    The streams go through each layer apart: the RGB stream's arithmetic is then the same with and without HOI, to the
    bit.
    """

    hoi_modulation: nn.Parameter | None

    def __init__(self, config: ModelConfig, switches: Switches) -> None:
        super().__init__()
        shape = (1, MODULATION_VECTORS, config.hidden_size)
        self.eps = config.eps
        self.modulation = nn.Parameter(torch.empty(shape))
        self.hoi_modulation = nn.Parameter(torch.empty(shape)) if config.hoi else None
        self.self_attention = SelfAttention(config)
        self.cross_norm = nn.LayerNorm(config.hidden_size, eps=config.eps)
        self.cross_attention = CrossAttention(config)
        self.feed_forward = FeedForward(config, switches)

    def forward(self, streams: Streams, context: BlockContext) -> tuple[Streams, Tensor | None]:
        """The streams after this block, and the router's logits (B, N, 3) of the target's tokens if wanted."""
        rgb, hoi = streams
        idle = (self.hoi_modulation,) if hoi is None and self.hoi_modulation is not None else ()
        rgb_modulation = Modulation.of(with_idle(self.modulation, idle), context.rgb.times, context.rgb.runs, rgb.dtype)
        rgb_heads = self._project(rgb, rgb_modulation, context.rgb)
        if hoi is None or context.hoi is None or self.hoi_modulation is None:
            rgb_attended, _ = context.attention(rgb_heads, None, context.groups)
            rgb, logits = self._finish_rgb(rgb, rgb_attended, rgb_modulation, context)
            return Streams(rgb, None), logits

        hoi_modulation = Modulation.of(self.hoi_modulation, context.hoi.times, context.hoi.runs, hoi.dtype)
        hoi_heads = self._project(hoi, hoi_modulation, context.hoi)
        rgb_attended, hoi_attended = context.attention(rgb_heads, hoi_heads, context.groups)
        rgb, logits = self._finish_rgb(rgb, rgb_attended, rgb_modulation, context)
        assert hoi_attended is not None
        hoi = self._after_attention(hoi, hoi_attended, hoi_modulation, context.hoi)
        fed = self.feed_forward.shared(hoi_modulation.norm(hoi, SHIFT_FEED, SCALE_FEED, self.eps))
        return Streams(rgb, hoi_modulation.add_gated(hoi, fed, GATE_FEED)), logits

    def _project(self, tokens: Tensor, modulation: Modulation, stream: StreamContext) -> Heads:
        normed = modulation.norm(tokens, SHIFT_ATTENTION, SCALE_ATTENTION, self.eps)
        return self.self_attention.project(normed, stream.rope)

    def _finish_rgb(
        self, tokens: Tensor, attended: Tensor, modulation: Modulation, context: BlockContext
    ) -> tuple[Tensor, Tensor | None]:
        tokens = self._after_attention(tokens, attended, modulation, context.rgb)
        fed, logits = self.feed_forward(
            modulation.norm(tokens, SHIFT_FEED, SCALE_FEED, self.eps),
            context.rgb.layout.find(Segment.TARGET),
            context.expert_samples,
            context.router_logits,
        )
        return modulation.add_gated(tokens, fed, GATE_FEED), logits

    def _after_attention(
        self, tokens: Tensor, attended: Tensor, modulation: Modulation, stream: StreamContext
    ) -> Tensor:
        tokens = modulation.add_gated(tokens, self.self_attention.output(attended), GATE_ATTENTION)
        update: Tensor = self.cross_attention(self.cross_norm(tokens), stream.text, stream.text_lengths)
        return tokens + update
