"""FlexAttention as an option: both streams of a group in one call, with Eq. 4 as a block mask.

The two plain calls of `attention` are the faster way where a flash kernel runs, and need no compiler.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor
from torch.nn.attention.flex_attention import BlockMask, create_block_mask, flex_attention

from cointeract_model.attention import Heads, collect, dot_product_attention, take
from cointeract_model.visibility import TokenRange, VisibilityGroup

MaskKey = tuple[int, int, tuple[TokenRange, ...], torch.device]


class FlexDualStreamAttention:
    """A `DualStreamAttention`. Block masks are kept, one for each shape.

    Args:
        compiled: whether to compile the kernel. Uncompiled it materialises all scores: for tests.
    """

    def __init__(self, *, compiled: bool = True) -> None:
        kernel = torch.compile(flex_attention, dynamic=False) if compiled else flex_attention
        self._kernel = cast("Callable[..., Tensor]", kernel)
        self._masks: dict[MaskKey, BlockMask] = {}

    def __call__(
        self, rgb: Heads, hoi: Heads | None, groups: tuple[VisibilityGroup, ...]
    ) -> tuple[Tensor, Tensor | None]:
        """Attended values (B, L, H, D) of both streams."""
        rgb_parts: list[Tensor] = []
        hoi_parts: list[Tensor] = []
        for group in groups:
            own = Heads(*(take(part, group.samples, group.rgb) for part in rgb))
            if hoi is None or not group.hoi_rows:
                rgb_parts.append(dot_product_attention(*own))
                continue
            hoi_own = Heads(*(take(part, group.hoi_rows, ((0, group.hoi_length),)) for part in hoi))
            both = [torch.cat(parts, dim=1).transpose(1, 2) for parts in zip(own, hoi_own, strict=True)]
            length = own.query.shape[1]
            attended = self._kernel(*both, block_mask=self._mask(group, length, own.query.device)).transpose(1, 2)
            rgb_parts.append(attended[:, :length])
            hoi_parts.append(attended[:, length:])
        return collect(rgb, hoi, groups, rgb_parts, hoi_parts)

    def _mask(self, group: VisibilityGroup, rgb_length: int, device: torch.device) -> BlockMask | None:
        if group.rgb_sees_hoi:
            return None
        key = (rgb_length, group.hoi_length, _within(group.rgb, group.hoi_sees), device)
        if key not in self._masks:
            self._masks[key] = _block_mask(*key)
        return self._masks[key]


def _block_mask(rgb_length: int, hoi_length: int, hoi_sees: tuple[TokenRange, ...], device: torch.device) -> BlockMask:
    total = rgb_length + hoi_length
    seen = torch.zeros(total, dtype=torch.bool, device=device)
    for start, stop in (*hoi_sees, (rgb_length, total)):
        seen[start:stop] = True

    def visible(_batch: Tensor, _head: Tensor, query: Tensor, key: Tensor) -> Tensor:
        return torch.where(query < rgb_length, key < rgb_length, seen[key])

    return create_block_mask(visible, None, None, total, total, device=device)


def _within(rgb: tuple[TokenRange, ...], ranges: tuple[TokenRange, ...]) -> tuple[TokenRange, ...]:
    """Ranges of the stream, counted among the tokens of `rgb` alone, of which each is a part."""
    placed = []
    for start, stop in ranges:
        first = 0
        for own_start, own_stop in rgb:
            if own_start <= start and stop <= own_stop:
                placed.append((first + start - own_start, first + stop - own_start))
            first += own_stop - own_start
    return tuple(placed)
