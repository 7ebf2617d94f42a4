"""Streams that are denoised together: one tensor each, RGB alone or RGB and HOI."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

Latents = tuple[Tensor, ...]
"""A tensor for each stream, batch first. Streams may have different shapes; they share noise level and batch size."""

PRECISE = (torch.float32, torch.float64)
"""What noise levels and noisy latents are kept in. bfloat16 has 8 bits: 1,000 timesteps become 294."""


def check_latents(latents: Latents, name: str) -> None:
    """Refuse what can't be a set of streams.

    Raises:
        ValueError: no stream, a stream that isn't float32 or float64, or batch sizes that differ.
    """
    if not latents:
        raise ValueError(f"{name} holds no stream; give a tuple of one tensor for each stream")
    for number, stream in enumerate(latents):
        if stream.dtype not in PRECISE:
            raise ValueError(
                f"stream {number} of {name} is {stream.dtype}: noisy latents are kept in float32 or float64, whatever the "
                "model computes in; convert with .float()"
            )
    batches = [stream.shape[0] if stream.ndim else 0 for stream in latents]
    if len(set(batches)) > 1 or not batches[0]:
        raise ValueError(f"the streams of {name} have the batch sizes {batches}; they must be equal and at least 1")


def check_alike(latents: Latents, others: Latents, name: str, other_name: str) -> None:
    """Raise a ValueError unless both have the same streams in the same shapes."""
    shapes, other_shapes = _shapes(latents), _shapes(others)
    if shapes != other_shapes:
        raise ValueError(f"{other_name} has the shapes {other_shapes}, but {name} has {shapes}; they must be equal")


def seeded(seeds: Sequence[int]) -> list[torch.Generator]:
    """A CPU generator for each seed; one a sample makes a draw independent of the batch that the sample is in."""
    return [torch.Generator().manual_seed(seed) for seed in seeds]


def check_generators(generators: Sequence[torch.Generator], batch: int) -> None:
    """Raise a ValueError unless there is one generator for each of `batch` samples."""
    if len(generators) != batch:
        raise ValueError(f"{len(generators)} generators for {batch} samples; give one for each sample")


def draw_noise(like: Latents, generators: Sequence[torch.Generator]) -> Latents:
    """Standard normal noise in the shape, dtype and on the device of `like`, independent in each stream.

    Drawn on the CPU, so that a seed means the same noise on every device.

    Args:
        like: streams of batch size B.
        generators: one for each of the B samples, on the CPU; each is advanced through the streams in order.

    Raises:
        ValueError: not one generator for each sample.
    """
    check_latents(like, "latents")
    check_generators(generators, like[0].shape[0])
    rows: list[list[Tensor]] = [[] for _ in like]
    for generator in generators:
        for stream, drawn in zip(like, rows, strict=True):
            drawn.append(torch.randn(stream.shape[1:], generator=generator, dtype=stream.dtype))
    return tuple(torch.stack(drawn).to(stream.device) for stream, drawn in zip(like, rows, strict=True))


def _shapes(latents: Latents) -> list[tuple[int, ...]]:
    return [tuple(stream.shape) for stream in latents]
