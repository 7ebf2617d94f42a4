"""Floating point operations of a step, counted by part.

Derivation. A product of an (m, k) and a (k, n) matrix takes `2 m k n` operations: one multiplication and one addition for
each term. With h = `hidden_size`:

- A linear layer from a to b features takes `2 a b` for each token.
- Attention of Lq queries over Lk keys has two products, of queries with keys and of weights with values; over all heads
  each takes `2 Lq Lk h`, together `4 Lq Lk h`. For S tokens that see one another that is `4 S h` for each token and layer.
- The backward pass makes two products for each one of the forward pass (the gradients of both factors), so a training
  step takes three times the forward pass: `12 S h` for each token and layer in attention. Nothing is recomputed: with
  activation checkpointing the hardware does more, but the model doesn't, and utilisation is stated for the model.
- Norms, activations, softmax, rotation and modulation are left out: a few operations for each feature of a token, where
  linear layers take thousands.

RGB tokens are S = motion + person + target + product, HOI tokens N. Stage 1 has `(S + N)^2` pairs of query and key; stage 2
by Eq. 4 `S^2 + N (S + N)`, as released `S^2 + N (target + product + N)`.
"""

from __future__ import annotations

from dataclasses import dataclass

from cointeract_model.audio import HALVING, KERNEL, MIDDLE, NARROW
from cointeract_model.config import ModelConfig
from cointeract_model.grid import FAR_RATE, MIDDLE_RATE, Grid
from cointeract_model.patches import PATCH_CELLS
from cointeract_model.router import CLASSES
from cointeract_model.switches import Stage, Switches
from cointeract_model.timestep import MODULATION_VECTORS
from cointeract_shards.constants import MOTION_FRAMES, VAE_TEMPORAL_STRIDE

BACKWARD = 3
"""A forward and a backward pass, in forward passes."""

TEXT_ROWS = 512
"""Rows that the released text encoder gives."""


@dataclass(frozen=True)
class Workload:
    """What one sample has."""

    grid: Grid
    motion: bool = True
    product: bool = True
    hoi: Stage | None = None
    """The stage that the HOI stream is computed in; None is RGB only."""
    experts: bool = True
    """Whether the experts count at the timestep."""
    text_rows: int = TEXT_ROWS

    @property
    def rgb_tokens(self) -> int:
        """S."""
        references = 2 if self.product else 1
        motion = self.grid.motion_tokens if self.motion else 0
        return self.grid.target_tokens + references * self.grid.frame_tokens + motion

    @property
    def hoi_tokens(self) -> int:
        """N."""
        return self.grid.target_tokens if self.hoi is not None else 0


def step_flops(config: ModelConfig, switches: Switches, work: Workload) -> dict[str, int]:
    """Operations of one forward pass of one sample by part; what `encode` computes once is not among them."""
    hidden, layers, tokens = config.hidden_size, config.layers, work.rgb_tokens + work.hoi_tokens
    streams = 2 if work.hoi is not None else 1
    square = 2 * hidden * hidden
    cells = 2 * PATCH_CELLS * config.latent_channels * hidden
    target = work.grid.target_tokens
    router, experts = _mixture(config, switches, work)
    injected = len(config.audio_layers)
    audio_rows = work.grid.frames * (config.audio_tokens + 1)
    return {
        "patch embeddings and heads": streams * 2 * target * cells,
        "timestep embedding": 2 * (2 * config.timestep_size * hidden + square * (1 + MODULATION_VECTORS)),
        "self-attention, projections": layers * tokens * 4 * square,
        "self-attention, products": layers * 4 * _pairs(switches, work) * hidden,
        "cross-attention": layers
        * (tokens * 2 * square + streams * work.text_rows * 2 * square + 4 * tokens * work.text_rows * hidden),
        "feed-forward": layers * tokens * 4 * hidden * config.feed_forward_size,
        "router": layers * target * router,
        "experts": layers * target * experts,
        "audio injection": injected
        * (
            target * (2 * square + 4 * (config.audio_tokens + 1) * hidden)
            + audio_rows * 2 * square
            + work.grid.frames * 2 * square
        ),
    }


def encode_flops(config: ModelConfig, work: Workload) -> dict[str, int]:
    """Operations of `Transformer.encode` for one sample by part: once for a generation."""
    hidden, channels, grid = config.hidden_size, config.latent_channels, work.grid
    cells = 2 * PATCH_CELLS * channels * hidden
    streams = 2 if work.hoi is not None else 1
    motion = 0
    if work.motion:
        for (frames, rows, columns), rate in zip(grid.motion_shapes, (1, MIDDLE_RATE, FAR_RATE), strict=True):
            motion += frames * rows * columns * cells * rate**3
    return {
        "references": (2 if work.product else 1) * grid.frame_tokens * cells,
        "pose": grid.target_tokens * cells,
        "motion": motion,
        "text embedding": streams * work.text_rows * 2 * hidden * (config.text_size + hidden),
        "audio encoder": _audio_encoder(config, grid.frames),
    }


def _pairs(switches: Switches, work: Workload) -> int:
    rgb, hoi = work.rgb_tokens, work.hoi_tokens
    if work.hoi is Stage.JOINT:
        return (rgb + hoi) ** 2
    seen = rgb
    if switches.hoi_keys == "release":
        seen = work.grid.target_tokens + (work.grid.frame_tokens if work.product else 0)
    return rgb * rgb + hoi * (seen + hoi)


def _mixture(config: ModelConfig, switches: Switches, work: Workload) -> tuple[int, int]:
    """Operations of router and experts for each target token."""
    if config.expert_size is None or not work.experts:
        return 0, 0
    router = 2 * config.router_width * (config.hidden_size + len(CLASSES))
    run = 1 if switches.experts == "paper" else 2  # dispatched to one, or both mixed
    return router, run * 4 * config.hidden_size * config.expert_size


def _audio_encoder(config: ModelConfig, frames: int) -> int:
    hidden = config.hidden_size
    narrow, middle = hidden // NARROW, hidden // MIDDLE
    steps = MOTION_FRAMES + VAE_TEMPORAL_STRIDE * frames
    halved = -(-steps // HALVING)
    quartered = -(-halved // HALVING)
    chains = config.audio_tokens + 1  # each audio token and the pooled one pass the same two convolutions
    first = steps * 2 * KERNEL * config.audio_size * narrow * chains
    rest = chains * 2 * KERNEL * (halved * narrow * middle + quartered * middle * hidden)
    return first + rest + frames * 2 * hidden * hidden
