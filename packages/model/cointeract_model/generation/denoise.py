"""Third step: noise to the latents of a clip, by the model's velocity under guidance."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from cointeract_model.flow.euler import EulerSolver
from cointeract_model.flow.guidance import Condition, Guidance
from cointeract_model.flow.latents import Latents, draw_noise, seeded
from cointeract_model.flow.schedule import FlowSchedule
from cointeract_model.flow.solver import Solver, denoise
from cointeract_model.flow.unipc import UniPcSolver
from cointeract_model.generation.encode import EncodedClip
from cointeract_model.generation.errors import GenerationError
from cointeract_model.generation.parts import Parts
from cointeract_model.inputs import NoisyLatents
from cointeract_model.routing_maps import routing_maps

SEED_BYTES = 7
"""Of a clip's own seed: a generator takes 63 bits."""


@dataclass(frozen=True, eq=False)
class ClipLatents:
    """What a clip was denoised to.

    Attributes:
        target: (1, 16, 20, h, w) float32.
        hoi: likewise, or None where it isn't shown.
        routing: (1, 3, 20, rows, columns) probabilities of base, hand and head for each token at the last step, averaged
            over blocks; None where it isn't shown, or the model has no experts.
    """

    target: Tensor
    hoi: Tensor | None
    routing: Tensor | None


def guidance_of(parts: Parts) -> Guidance:
    """Guidance of the resolved settings."""
    settings = parts.settings
    if settings.guidance_text is None or settings.guidance_audio is None:
        raise ValueError("the settings leave guidance open: resolve them first")
    return Guidance(text=settings.guidance_text, audio=settings.guidance_audio)


def clip_seed(seed: int, clip: int) -> int:
    """A seed of its own for each clip, so that clip 1 of seed 0 isn't clip 0 of seed 1."""
    digest = hashlib.sha256(f"{seed}/{clip}".encode()).digest()
    return int.from_bytes(digest[:SEED_BYTES], "big")


@torch.inference_mode()
def denoise_clip(
    clip: int, encoded: EncodedClip, guidance: Guidance, parts: Parts, on_step: Callable[[], None]
) -> ClipLatents:
    """Denoise a clip: RGB alone, or with the HOI stream beside it, which leaves RGB as it is.

    Args:
        clip: its number, from 0, which its noise follows from.
        encoded: what it is conditioned on.
        guidance: which forward passes there are.
        parts: model and settings.
        on_step: told after each step.

    Raises:
        GenerationError: no memory is left, or the model's answer isn't finite.
    """
    settings, config = parts.settings, parts.model.config
    if settings.shift is None:
        raise ValueError("the settings leave the shift open: resolve them first")
    schedule = FlowSchedule.shifted(settings.steps, settings.shift)
    solver: Solver = UniPcSolver() if settings.solver == "unipc" else EulerSolver()
    grid = next(iter(encoded.contexts.values())).grid
    shape = (1, config.latent_channels, grid.frames, grid.height, grid.width)
    streams = 2 if settings.show_hoi else 1
    like = tuple(torch.empty(shape, device=parts.device) for _ in range(streams))
    velocity = _Velocity(
        encoded, parts, last_timestep=float(schedule.timesteps[-1]), watched=max(guidance.weights, key=_told)
    )
    noise = draw_noise(like, seeded([clip_seed(settings.seed, clip)]))
    try:
        target, *hoi = denoise(guidance.guide(velocity), noise, schedule, solver, lambda _: on_step())
    except torch.OutOfMemoryError as error:
        raise GenerationError(
            f"{parts.device} ran out of memory in clip {clip + 1}: give a smaller size ({error})"
        ) from error
    except ValueError as error:
        raise GenerationError(f"clip {clip + 1}: {error}") from error
    routing = routing_maps(velocity.router_logits, grid) if velocity.router_logits else None
    return ClipLatents(target, hoi[0] if hoi else None, routing)


class _Velocity:
    """The model under one condition. Keeps the router's logits of the last step of the pass that is told most."""

    def __init__(self, encoded: EncodedClip, parts: Parts, last_timestep: float, watched: Condition) -> None:
        self._contexts, self._parts = encoded.contexts, parts
        self._last, self._watched = last_timestep, watched
        self.router_logits: tuple[Tensor, ...] = ()

    def __call__(self, condition: Condition, latents: Latents, timestep: float) -> Latents:
        dtype = self._parts.dtype
        target, *hoi = (stream.to(dtype) for stream in latents)
        watch = self._parts.settings.show_hoi and timestep == self._last and condition is self._watched
        prediction = self._parts.model(
            NoisyLatents(target, torch.tensor([timestep]), hoi[0] if hoi else None),
            self._contexts[condition],
            router_logits=watch and self._parts.model.config.expert_size is not None,
        )
        if watch:
            self.router_logits = prediction.router_logits
        return (prediction.velocity, prediction.hoi_velocity) if hoi else (prediction.velocity,)


def _told(condition: Condition) -> int:
    return list(Condition).index(condition)
