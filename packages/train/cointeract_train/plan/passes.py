"""The largest pass that a recipe makes: a micro batch of the largest bucket, with everything that a sample can have."""

from __future__ import annotations

import torch

from cointeract_model.codecs.config import HashedTextConfig
from cointeract_model.config import ModelConfig
from cointeract_model.flops import TEXT_ROWS, Workload
from cointeract_model.flow.schedule import TIMESTEPS
from cointeract_model.flow.training import FlowDraw
from cointeract_model.grid import Grid
from cointeract_model.inputs import Conditions, NoisyLatents, Text
from cointeract_model.switches import Stage
from cointeract_shards.constants import MOTION_LATENT_FRAMES, TARGET_LATENT_FRAMES, VAE_TEMPORAL_STRIDE
from cointeract_train.batch import Inputs
from cointeract_train.config import TrainConfig


def largest_grid(config: TrainConfig) -> Grid:
    """Of the bucket with the most tokens."""
    grids = [Grid(TARGET_LATENT_FRAMES, *bucket.cells) for bucket in config.data.buckets]
    return max(grids, key=lambda grid: grid.target_tokens)


def text_rows(config: TrainConfig) -> int:
    """Rows of the longest prompt."""
    codec = config.data.codecs.text
    return codec.max_tokens if isinstance(codec, HashedTextConfig) else TEXT_ROWS


def workload(config: TrainConfig, dimensions: ModelConfig, stage: Stage) -> Workload:
    """What a sample of the largest bucket takes."""
    return Workload(
        largest_grid(config), hoi=stage if dimensions.hoi and config.data.hoi else None, text_rows=text_rows(config)
    )


def timesteps(config: TrainConfig) -> torch.Tensor:
    """Of a micro batch, (B,): at a level at which the experts count. They hold values: the model reads them."""
    return torch.full((config.data.micro_batch,), TIMESTEPS / 2)


def inputs_of(config: TrainConfig, dimensions: ModelConfig, timestep: torch.Tensor) -> Inputs:
    """A micro batch with motion, product and HOI, of tensors in whatever mode is open.

    Args:
        config: of the run.
        dimensions: of the model.
        timestep: of `timesteps`.
    """
    grid, batch, channels = largest_grid(config), config.data.micro_batch, dimensions.latent_channels
    hoi = dimensions.hoi and config.data.hoi

    def latents(frames: int) -> torch.Tensor:
        return torch.zeros(batch, channels, frames, grid.height, grid.width)

    def text() -> Text:
        return Text(torch.zeros(batch, text_rows(config), dimensions.text_size))

    clean = [latents(grid.frames) for _ in range(2 if hoi else 1)]
    conditions = Conditions(
        person=latents(1),
        text=text(),
        audio=torch.zeros(batch, dimensions.audio_states, dimensions.audio_size, VAE_TEMPORAL_STRIDE * grid.frames),
        product=latents(1),
        motion=latents(MOTION_LATENT_FRAMES),
        pose=latents(grid.frames) if config.data.pose else None,
        hoi_text=text() if hoi else None,
    )
    alike = torch.ones(batch)
    draw = FlowDraw(alike, alike, alike, tuple(clean), tuple(latents(grid.frames) for _ in clean))
    noisy = NoisyLatents(target=clean[0], timestep=timestep, hoi=clean[1] if hoi else None)
    labels = torch.zeros(batch, grid.target_tokens, dtype=torch.int64)
    return Inputs(conditions, noisy, draw, (hoi,) * batch, labels)
