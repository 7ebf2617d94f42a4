"""Parameters that take no part in a step: their gradient is zero, not missing.

A batch without motion or without HOI leaves parameters unused. Processes that share a reduction of gradients must agree on
what they reduce, whatever each one's batch holds: with one gradient missing on one of them, FSDP2 aborts and DDP waits.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor


def with_idle(values: Tensor, parameters: Iterable[Tensor]) -> Tensor:
    """`values`, whose graph reaches `parameters` too. Give it a small tensor: it is added to."""
    if not torch.is_grad_enabled():
        return values
    nothing = [parameter.flatten()[:0].sum() for parameter in parameters]
    return values + torch.stack(nothing).sum().to(values.dtype) if nothing else values
