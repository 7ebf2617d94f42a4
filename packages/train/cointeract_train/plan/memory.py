"""What a card holds: weights, gradients, optimiser and averages by the strategy, beside what a pass takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import nn

from cointeract_model.transformer import Transformer
from cointeract_train.activations import momentary_modules
from cointeract_train.config import TrainConfig
from cointeract_train.plan.trace import PRECISE, PassMemory
from cointeract_train.processes import Processes
from cointeract_train.strategy import is_sharded

FLOAT_BYTES, LOW_BYTES = 4, 2
MOMENTS = 2
"""AdamW keeps two values for each one that it trains, and a count of steps for each tensor."""

GATHERED_BLOCKS = 2
"""While one block computes the next one is gathered."""


@dataclass(frozen=True)
class Line:
    """One kind of memory on a card."""

    name: str
    bytes: int
    note: str


@dataclass(frozen=True)
class CardMemory:
    """Of the card that holds most."""

    lines: tuple[Line, ...]

    @property
    def total(self) -> int:
        """At the worst moment, in bytes."""
        return sum(line.bytes for line in self.lines)


def card_memory(model: Transformer, config: TrainConfig, processes: Processes, taken: PassMemory) -> CardMemory:
    """Of one card.

    Args:
        model: in shapes (`shapes.shapes_of`).
        config: of the run.
        processes: among which it is shared out.
        taken: by the largest pass.
    """
    shares = processes.count if is_sharded(config.hardware) else 1
    of = f", one of {shares} shares" if shares > 1 else ""
    frozen = [parameter for parameter in model.parameters() if not parameter.requires_grad]
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    numbers, values = sum(map(torch.numel, trained)), sum(share(parameter, shares) for parameter in trained)
    optimiser = FLOAT_BYTES * (MOMENTS * values + len(trained))
    average = FLOAT_BYTES * values if config.optimiser.average_decay is not None else 0
    lines = [
        Line(
            "frozen weights", _bytes(frozen, shares), f"{sum(map(torch.numel, frozen)):,} numbers, {_kinds(frozen)}{of}"
        ),
        Line("trained weights", FLOAT_BYTES * values, f"{numbers:,} numbers, float32{of}"),
        Line("gradients", FLOAT_BYTES * values, f"float32{of}"),
        Line("optimiser", optimiser, f"two moments, float32{of}"),
        Line("moving averages", average, f"float32{of}"),
    ]
    if is_sharded(config.hardware):
        lines += _gathered(model, config)
    hardware = config.hardware
    tokens = f", {hardware.sequence_parallel} processes share a sample" if hardware.sequence_parallel > 1 else ""
    batch = f"{config.data.micro_batch} sample" + ("s" if config.data.micro_batch > 1 else "")
    lines += [
        Line("latents and conditions", taken.inputs, batch),
        Line("activations", taken.kept, f"kept for the backward pass, checkpointing {hardware.checkpointing}{tokens}"),
        Line("working memory", taken.working, "beside them at the worst moment"),
    ]
    return CardMemory(tuple(line for line in lines if line.bytes))


def share(parameter: nn.Parameter, shares: int) -> int:
    """Numbers of a parameter on the card that holds most of it: it is cut along its first dimension."""
    if parameter.ndim == 0 or not parameter.numel():
        return parameter.numel()
    return -(-parameter.shape[0] // shares) * (parameter.numel() // parameter.shape[0])


def _gathered(model: Transformer, config: TrainConfig) -> list[Line]:
    """What FSDP2 holds whole: blocks and audio injections for a moment each, the rest through the whole pass."""
    low = config.hardware.precision == "bfloat16"
    modules = [list(module.parameters()) for module in momentary_modules(model)]
    known = {id(parameter) for module in modules for parameter in module}
    others = {name: parameter for name, parameter in model.named_parameters() if id(parameter) not in known}
    precise = [parameter for name, parameter in others.items() if name.startswith(PRECISE)]
    outside = [parameter for name, parameter in others.items() if not name.startswith(PRECISE)]
    largest = max(modules, key=lambda module: _whole(module, low=low))
    # Gathered into one flat buffer, then copied to where the block's parameters lie.
    weights = _whole(precise, low=False) + _whole(outside, low=low) + (GATHERED_BLOCKS + 1) * _whole(largest, low=low)
    # Those outside wait, whole, for the end of the backward pass; a block's are copied to a buffer and summed at once.
    kept, summed = LOW_BYTES if low else FLOAT_BYTES, FLOAT_BYTES
    gradients = kept * _trained(outside) + (kept + summed) * _trained(largest)
    return [
        Line("gathered weights", weights, f"outside of blocks and audio injections, and {GATHERED_BLOCKS} blocks with a buffer"),
        Line("gradients before they are summed", gradients, "outside of blocks and audio injections, and of one block with a buffer"),
    ]


def _whole(parameters: Iterable[nn.Parameter], *, low: bool) -> int:
    return sum(parameter.numel() * (LOW_BYTES if low else parameter.element_size()) for parameter in parameters)


def _trained(parameters: Iterable[nn.Parameter]) -> int:
    return sum(parameter.numel() for parameter in parameters if parameter.requires_grad)


def _bytes(parameters: Iterable[nn.Parameter], shares: int) -> int:
    return sum(share(parameter, shares) * parameter.element_size() for parameter in parameters)


def _kinds(parameters: Iterable[nn.Parameter]) -> str:
    return " and ".join(sorted({str(parameter.dtype).removeprefix("torch.") for parameter in parameters}))
