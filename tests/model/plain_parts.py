"""Pieces of the plain reading: layers as functions of released names, positions and rotations."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from cointeract_model.config import ModelConfig

State = dict[str, Tensor]
THETA = 10_000.0


def attend(
    state: State,
    config: ModelConfig,
    name: str,
    tokens: Tensor,
    context: Tensor,
    rotation: Tensor | None = None,
    context_rotation: Tensor | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    query = rms(linear(state, f"{name}.q", tokens), state[f"{name}.norm_q.weight"], config.eps)
    key = rms(linear(state, f"{name}.k", context), state[f"{name}.norm_k.weight"], config.eps)
    value = linear(state, f"{name}.v", context)
    query, key, value = (part.unflatten(2, (config.heads, -1)) for part in (query, key, value))
    if rotation is not None and context_rotation is not None:
        query, key = rotated(query, rotation), rotated(key, context_rotation)
    query, key, value = (part.transpose(1, 2) for part in (query, key, value))
    attended = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
    return linear(state, f"{name}.o", attended.transpose(1, 2).flatten(2))


def spread(extent: int, count: int) -> list[int]:
    """`count` whole numbers from 0 to `extent - 1`, truncated."""
    return [int(index * (extent - 1) / (count - 1)) if count > 1 else 0 for index in range(count)]


def grid(times: object, rows: object, columns: object) -> Tensor:
    return torch.cartesian_prod(*(torch.tensor(list(axis), dtype=torch.float64) for axis in (times, rows, columns)))


def rotation(places: Tensor, head: int, heads: int) -> Tensor:
    """(S, heads, head / 2), complex128."""
    turns = []
    for axis, pairs in enumerate((head // 2 - 2 * (head // 6), head // 6, head // 6)):
        frequency = 1 / THETA ** (torch.arange(pairs, dtype=torch.float64) / pairs)
        turns.append(torch.polar(torch.ones(1, dtype=torch.float64), places[:, axis, None] * frequency))
    return torch.cat(turns, dim=1)[:, None].repeat(1, heads, 1)


def rotated(heads: Tensor, rotation: Tensor) -> Tensor:
    pairs = torch.view_as_complex(heads.double().unflatten(-1, (-1, 2)))
    return torch.view_as_real(pairs * rotation).flatten(-2).to(heads.dtype)


def conv(state: State, name: str, latents: Tensor) -> Tensor:
    weight = state[f"{name}.weight"]
    return functional.conv3d(latents, weight, state[f"{name}.bias"], weight.shape[2:]).flatten(2).transpose(1, 2)


def linear(state: State, name: str, values: Tensor) -> Tensor:
    return functional.linear(values, state[f"{name}.weight"], state[f"{name}.bias"])


def gelu_pair(state: State, first: str, second: str, values: Tensor) -> Tensor:
    return linear(state, second, functional.gelu(linear(state, first, values), approximate="tanh"))


def norm(values: Tensor, eps: float) -> Tensor:
    return functional.layer_norm(values, values.shape[-1:], eps=eps)


def rms(values: Tensor, weight: Tensor, eps: float) -> Tensor:
    return values * torch.rsqrt(values.pow(2).mean(-1, keepdim=True) + eps) * weight
