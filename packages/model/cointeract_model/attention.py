"""Attention over two streams of tokens: the protocol, and PyTorch's scaled dot product attention as the default.

Stage 2 (Eq. 4) is two calls without a mask: RGB queries over RGB keys, HOI queries over what they see. A dense mask would
take 22.8 GiB at 1280x720 and the calls out of the flash kernel.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import torch
from torch import Tensor
from torch.nn import functional

from cointeract_model.visibility import TokenRange, VisibilityGroup

Place = tuple[tuple[int, ...], tuple[TokenRange, ...]]
"""Samples, and ranges of their tokens."""


class Heads(NamedTuple):
    """Queries, keys and values of one stream, each (B, L, H, D): batch, tokens, heads, features of a head."""

    query: Tensor
    key: Tensor
    value: Tensor


class DualStreamAttention(Protocol):
    """Self-attention of the RGB stream and, where there is one, of the HOI stream."""

    def __call__(
        self, rgb: Heads, hoi: Heads | None, groups: tuple[VisibilityGroup, ...]
    ) -> tuple[Tensor, Tensor | None]:
        """Attended values (B, L, H, D) of both streams.

        Tokens that no group names (padding, parts a sample lacks) come out as zeros. The HOI stream's batch holds only
        the samples that have one.
        """
        ...


def dot_product_attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Softmax attention without a mask over (B, L, H, D)."""
    query, key, value = (part.transpose(1, 2) for part in (query, key, value))
    return functional.scaled_dot_product_attention(query, key, value).transpose(1, 2)


def sdpa(rgb: Heads, hoi: Heads | None, groups: tuple[VisibilityGroup, ...]) -> tuple[Tensor, Tensor | None]:
    """The default `DualStreamAttention`: one call for each stream of each group."""
    rgb_parts: list[Tensor] = []
    hoi_parts: list[Tensor] = []
    for group in groups:
        own = Heads(*(take(part, group.samples, group.rgb) for part in rgb))
        keys, values = own.key, own.value
        if hoi is not None and group.hoi_rows:
            whole = ((0, group.hoi_length),)
            hoi_own = Heads(*(take(part, group.hoi_rows, whole) for part in hoi))
            seen = [take(part, group.samples, group.hoi_sees) for part in (rgb.key, rgb.value)]
            all_keys = torch.cat((seen[0], hoi_own.key), dim=1)
            all_values = torch.cat((seen[1], hoi_own.value), dim=1)
            hoi_parts.append(dot_product_attention(hoi_own.query, all_keys, all_values))
            if group.rgb_sees_hoi:
                keys, values = all_keys, all_values
        rgb_parts.append(dot_product_attention(own.query, keys, values))
    return collect(rgb, hoi, groups, rgb_parts, hoi_parts)


def collect(
    rgb: Heads,
    hoi: Heads | None,
    groups: tuple[VisibilityGroup, ...],
    rgb_parts: list[Tensor],
    hoi_parts: list[Tensor],
) -> tuple[Tensor, Tensor | None]:
    """Put what was attended for each group back into the shape of the streams.

    `hoi_parts` are those of the groups that have an HOI stream.
    """
    rgb_out = put_back(rgb.query, [(group.samples, group.rgb) for group in groups], rgb_parts)
    if hoi is None:
        return rgb_out, None
    places: list[Place] = [(group.hoi_rows, ((0, group.hoi_length),)) for group in groups if group.hoi_rows]
    return rgb_out, put_back(hoi.query, places, hoi_parts)


def take(tokens: Tensor, samples: tuple[int, ...], ranges: tuple[TokenRange, ...]) -> Tensor:
    """Some tokens (B, L, ...) of some samples; a view where it can be one."""
    if len(samples) < len(tokens):
        tokens = tokens[list(samples)]
    if len(ranges) == 1:
        return tokens[:, ranges[0][0] : ranges[0][1]]
    return torch.cat([tokens[:, start:stop] for start, stop in ranges], dim=1)


def put_back(like: Tensor, places: list[Place], parts: list[Tensor]) -> Tensor:
    """The inverse of `take` for several parts; zeros where none belongs."""
    if len(parts) == 1 and parts[0].shape == like.shape:
        return parts[0]
    whole = torch.zeros_like(like)
    for (samples, ranges), part in zip(places, parts, strict=True):
        rows = torch.tensor(samples, device=like.device)
        first = 0
        for start, stop in ranges:
            whole[rows, start:stop] = part[:, first : first + stop - start].to(like.dtype)
            first += stop - start
    return whole
