"""Moves examples: to a device, or to page-locked memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from cointeract_model.inputs import Conditions, Text
from cointeract_train.example import Batch, Example

_Move = Callable[[Tensor], Tensor]


def to_device(batch: Batch, device: torch.device) -> Batch:
    """The batch with all tensors on a device; from page-locked memory without waiting."""
    return [_moved(example, lambda tensor: tensor.to(device, non_blocking=True)) for example in batch]


def pinned(example: Example) -> Example:
    """The example in page-locked memory."""
    return _moved(example, Tensor.pin_memory)


def _moved(example: Example, move: _Move) -> Example:
    return replace(
        example,
        conditions=_moved_conditions(example.conditions, move),
        target=move(example.target),
        hoi=_optional(example.hoi, move),
        labels=move(example.labels),
    )


def _moved_conditions(conditions: Conditions, move: _Move) -> Conditions:
    hoi_text = conditions.hoi_text
    return replace(
        conditions,
        person=move(conditions.person),
        text=_moved_text(conditions.text, move),
        audio=move(conditions.audio),
        product=_optional(conditions.product, move),
        motion=_optional(conditions.motion, move),
        pose=_optional(conditions.pose, move),
        hoi_text=None if hoi_text is None else _moved_text(hoi_text, move),
    )


def _moved_text(text: Text, move: _Move) -> Text:
    return replace(text, rows=move(text.rows))


def _optional(tensor: Tensor | None, move: _Move) -> Tensor | None:
    return None if tensor is None else move(tensor)
