"""What a pass really takes, measured by other means than the plan's: PyTorch's profiler and autograd's own hooks."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

from cointeract_model.switches import Stage
from cointeract_train.batch import Inputs
from cointeract_train.module import TrainingModule


@dataclass(frozen=True)
class Measured:
    """Bytes."""

    kept: int
    """Allocated by the forward pass and not yet freed when it ends."""
    peak: int
    """The most that was allocated at any moment of both passes; gradients of weights are freed as they are made."""


def measured(module: TrainingModule, inputs: Inputs, stage: Stage) -> Measured:
    """By the allocator's own events, on a CPU."""
    for parameter in module.model.parameters():
        if parameter.requires_grad:
            parameter.register_post_accumulate_grad_hook(_drop)
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as forward:
        losses = module.losses(inputs, stage)
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as backward:
        losses.total.backward()
    of_forward, of_backward = _events(forward), _events(backward)
    return Measured(sum(of_forward), max(_peak(of_forward), sum(of_forward) + _peak(of_backward)))


def saved_bytes(module: TrainingModule, inputs: Inputs, stage: Stage) -> int:
    """Of what autograd saves for the backward pass, each storage once, without weights and inputs."""
    given = {parameter.untyped_storage().data_ptr() for parameter in module.model.parameters()}
    given |= {tensor.untyped_storage().data_ptr() for tensor in (*inputs.draw.noisy, inputs.conditions.audio)}
    storages: dict[int, int] = {}
    alive: list[Tensor] = []

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in given:
            storages[storage.data_ptr()] = storage.nbytes()
            alive.append(tensor)  # or its address might be another's
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        module.losses(inputs, stage)
    return sum(storages.values())


def _events(run: profile) -> list[int]:
    assert run.profiler is not None
    assert run.profiler.kineto_results is not None
    events = [event for event in run.profiler.kineto_results.events() if event.name() == "[memory]"]
    return [event.nbytes() for event in sorted(events, key=lambda event: event.start_ns())]


def _peak(sizes: list[int]) -> int:
    now = peak = 0
    for size in sizes:
        now += size
        peak = max(peak, now)
    return peak


def _drop(parameter: Tensor) -> None:
    parameter.grad = None
