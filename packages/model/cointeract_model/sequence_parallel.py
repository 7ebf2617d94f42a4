"""Sequence parallelism (Ulysses): each process holds a share of every stream's tokens, and of the heads in attention.

Attention is the only layer in which tokens meet. Before it, an all-to-all turns shares of tokens into shares of heads;
after it, another turns them back. The streams are shared out apart, so both calls of stage 2 stay without a mask.

Every process is given the same inputs and returns the same outputs. Each has the gradients of its own tokens: the sum
over the group is the gradient of one process (where a reduction averages, multiply the loss by the group's size).
"""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor, distributed

from cointeract_model.attention import DualStreamAttention, Heads
from cointeract_model.errors import ConfigurationError
from cointeract_model.layout import Layout
from cointeract_model.visibility import VisibilityGroup

TOKENS, HEADS = 1, 2
"""Dimensions of (B, L, H, D)."""


class SequenceShares(Protocol):
    """How a sequence is shared out among processes."""

    def layout(self, layout: Layout) -> Layout:
        """The layout of this process's share."""
        ...

    def split(self, tokens: Tensor) -> Tensor:
        """This process's share of (B, L, ...)."""
        ...

    def gather(self, tokens: Tensor, layout: Layout) -> Tensor:
        """The whole sequence from its shares, without the padding; `layout` is the whole's."""
        ...


class WholeSequence:
    """One process that holds everything."""

    def layout(self, layout: Layout) -> Layout:
        """The same."""
        return layout

    def split(self, tokens: Tensor) -> Tensor:
        """The same."""
        return tokens

    def gather(self, tokens: Tensor, layout: Layout) -> Tensor:  # noqa: ARG002  # nothing was padded
        """The same."""
        return tokens


class UlyssesShares:
    """Equal shares in the order of the processes; the last ones end with padding where the length doesn't divide."""

    def __init__(self, group: distributed.ProcessGroup) -> None:
        self.group = group
        self.size = distributed.get_world_size(group)
        self.rank = distributed.get_rank(group)

    def layout(self, layout: Layout) -> Layout:
        """The layout of this process's share."""
        share = self._share(layout.length)
        return layout.padded_to(share * self.size).cut(share * self.rank, share * (self.rank + 1))

    def split(self, tokens: Tensor) -> Tensor:
        """This process's share of (B, L, ...); zeros where there is padding."""
        length = tokens.shape[TOKENS]
        share = self._share(length)
        start, stop = share * self.rank, share * (self.rank + 1)
        own = tokens[:, min(start, length) : min(stop, length)]
        missing = share - own.shape[TOKENS]
        if not missing:
            return own
        return torch.cat((own, own.new_zeros(own.shape[0], missing, *own.shape[2:])), dim=TOKENS)

    def gather(self, tokens: Tensor, layout: Layout) -> Tensor:
        """The whole sequence, on every process."""
        whole: Tensor = _Gather.apply(tokens, self.group, self.size, self.rank)  # type: ignore[no-untyped-call]
        return whole[:, : layout.length]

    def _share(self, length: int) -> int:
        return -(-length // self.size)


class UlyssesAttention:
    """Wraps a `DualStreamAttention`, which then sees all tokens and a share of the heads."""

    def __init__(self, inner: DualStreamAttention, group: distributed.ProcessGroup, heads: int) -> None:
        size = distributed.get_world_size(group)
        if heads % size:
            raise ConfigurationError(
                f"{heads} heads can't be shared evenly among {size} processes: choose a group whose size divides them"
            )
        self.inner, self.group, self.size = inner, group, size

    def __call__(
        self, rgb: Heads, hoi: Heads | None, groups: tuple[VisibilityGroup, ...]
    ) -> tuple[Tensor, Tensor | None]:
        """Attend, given and giving shares of tokens with all heads."""
        rgb_out, hoi_out = self.inner(self._to_heads(rgb), None if hoi is None else self._to_heads(hoi), groups)
        return self._to_tokens(rgb_out), None if hoi_out is None else self._to_tokens(hoi_out)

    def _to_heads(self, heads: Heads) -> Heads:
        return Heads(*(self._exchange(part, HEADS, TOKENS) for part in heads))

    def _to_tokens(self, attended: Tensor) -> Tensor:
        return self._exchange(attended, TOKENS, HEADS)

    def _exchange(self, tokens: Tensor, split: int, join: int) -> Tensor:
        exchanged: Tensor = _Exchange.apply(tokens, self.group, self.size, split, join)  # type: ignore[no-untyped-call]
        return exchanged


class _Exchange(torch.autograd.Function):
    """All-to-all: `split` is cut among the processes, their parts are joined along `join`."""

    @staticmethod
    def forward(
        context: Any, tokens: Tensor, group: distributed.ProcessGroup, size: int, split: int, join: int
    ) -> Tensor:
        context.arguments = group, size, split, join
        sent = torch.stack(tokens.chunk(size, dim=split))
        received = torch.empty_like(sent)
        distributed.all_to_all_single(received, sent, group=group)
        return torch.cat(received.unbind(), dim=join)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None, None, None, None]:
        group, size, split, join = context.arguments
        returned: Tensor = _Exchange.apply(gradient, group, size, join, split)  # type: ignore[no-untyped-call]
        return returned, None, None, None, None


class _Gather(torch.autograd.Function):
    """All-gather along tokens. Every process has the same loss, so each keeps the gradient of its own share."""

    @staticmethod
    def forward(context: Any, tokens: Tensor, group: distributed.ProcessGroup, size: int, rank: int) -> Tensor:
        context.share, context.rank = tokens.shape[TOKENS], rank
        parts = [torch.empty_like(tokens, memory_format=torch.contiguous_format) for _ in range(size)]
        distributed.all_gather(parts, tokens.contiguous(), group=group)
        return torch.cat(parts, dim=TOKENS)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None, None, None]:
        start = context.share * context.rank
        return gradient[:, start : start + context.share], None, None, None
