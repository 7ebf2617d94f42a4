"""Floating point operations of matrix products that a piece of PyTorch work does, counted as it runs on a CPU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode, sdpa_flop_count

from tests.benchmarks.paired import Work

BACKWARD = 2.5
"""Of attention, in forward passes: four products of gradients, and the scores once more."""

GIGA = 1e9


def operations(work: Work) -> float:
    """Run some work once; its operations in units of 10^9."""
    with FlopCounterMode(display=False, custom_mapping=_ON_CPU) as counter:
        work()
    return counter.get_total_flops() / GIGA


def _forward(query: Sequence[int], key: Sequence[int], value: Sequence[int], *_others: Any, **_named: Any) -> int:
    return int(sdpa_flop_count(query, key, value))


def _backward(
    _gradient: Sequence[int],
    query: Sequence[int],
    key: Sequence[int],
    value: Sequence[int],
    *_others: Any,
    **_named: Any,
) -> int:
    return int(BACKWARD * sdpa_flop_count(query, key, value))


# PyTorch's counter knows the attention kernels of CUDA only.
_ON_CPU = {
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: _forward,
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward: _backward,
}
