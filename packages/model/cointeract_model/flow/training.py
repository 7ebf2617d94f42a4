"""What one training step draws, and the loss it is held to (Eq. 1 and 2 of the paper)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from cointeract_model.flow.latents import Latents, check_alike, check_generators, check_latents, draw_noise
from cointeract_model.flow.schedule import FlowSchedule
from cointeract_model.flow.weights import LossWeighting, loss_weights


@dataclass(frozen=True)
class FlowDraw:
    """Noisy latents of a batch and what the model should answer.

    Attributes:
        timesteps: (B,) float32, 0 to 1000; give them to the model as they are, not in bfloat16.
        sigmas: (B,) float32, noise levels.
        weights: (B,) float32, of each sample's loss.
        noisy: each stream at its sample's noise level, `(1 - sigma) * clean + sigma * noise`.
        velocity: each stream's target, `noise - clean`.
    """

    timesteps: Tensor
    sigmas: Tensor
    weights: Tensor
    noisy: Latents
    velocity: Latents


class TrainingFlow:
    """Draws noise levels and noise for training."""

    def __init__(self, schedule: FlowSchedule, weighting: LossWeighting) -> None:
        """Take the noise levels that are drawn from, each as likely, and how much each of them counts."""
        self._schedule = schedule
        self._weights = loss_weights(schedule, weighting)

    def draw(self, clean: Latents, generators: Sequence[torch.Generator]) -> FlowDraw:
        """Draw a noise level for each sample and noise for each stream. All streams of a sample share the level.

        Args:
            clean: target latents of each stream, float32 or float64, (B, ...).
            generators: one CPU generator for each sample (`latents.seeded`). A sample's draw depends on its generator
                alone, not on the batch.

        Raises:
            ValueError: streams that don't fit together, or not one generator for each sample.
        """
        check_latents(clean, "clean latents")
        check_generators(generators, clean[0].shape[0])
        index = torch.cat([torch.randint(len(self._schedule), (1,), generator=generator) for generator in generators])
        noise = draw_noise(clean, generators)
        return self.at(index, clean, noise)

    def at(self, index: Tensor, clean: Latents, noise: Latents) -> FlowDraw:
        """The draw of given noise levels and noise.

        Args:
            index: (B,) integers into the schedule, on the CPU.
            clean: target latents of each stream, (B, ...).
            noise: in the shapes of `clean`.

        Raises:
            ValueError: streams that don't fit together.
        """
        check_latents(clean, "clean latents")
        check_alike(clean, noise, "clean latents", "noise")
        device = clean[0].device
        sigmas = self._schedule.sigmas[index].to(device)
        return FlowDraw(
            timesteps=self._schedule.timesteps[index].to(device),
            sigmas=sigmas,
            weights=self._weights[index].to(device),
            noisy=tuple(interpolate(data, eps, sigmas) for data, eps in zip(clean, noise, strict=True)),
            velocity=tuple(eps - data for data, eps in zip(clean, noise, strict=True)),
        )


def interpolate(clean: Tensor, noise: Tensor, sigmas: Tensor) -> Tensor:
    """`(1 - sigma) * clean + sigma * noise`.

    Args:
        clean: (B, ...).
        noise: in the same shape.
        sigmas: (B,).
    """
    level = sigmas.view(-1, *[1] * (clean.ndim - 1)).to(clean.dtype)
    return (1 - level) * clean + level * noise


def velocity_loss(predicted: Tensor, velocity: Tensor, weights: Tensor) -> Tensor:
    """Weighted mean squared error of each sample of one stream, (B,) float32.

    The error is taken in float32 whatever the model computes in. Average over samples for Eq. 2.

    Args:
        predicted: the model's velocity of the target latents, (B, ...).
        velocity: the target, in the same shape.
        weights: (B,), `FlowDraw.weights`.

    Raises:
        ValueError: shapes differ.
    """
    check_alike((velocity,), (predicted,), "the target velocity", "the prediction")
    if weights.shape != velocity.shape[:1]:
        raise ValueError(f"weights have the shape {tuple(weights.shape)}; give one for each of {len(velocity)} samples")
    errors = (predicted.float() - velocity.float()).square().flatten(1).mean(1)
    return weights * errors
