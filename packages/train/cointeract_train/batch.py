"""From the examples of a step to what the model takes: stacked, noise drawn, on the device."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from cointeract_model.flow.latents import Latents, draw_noise, seeded
from cointeract_model.flow.training import FlowDraw, TrainingFlow
from cointeract_model.inputs import Conditions, NoisyLatents, Text
from cointeract_model.stacking import stack_conditions
from cointeract_train.example import Batch


@dataclass(frozen=True, eq=False)
class Stacked:
    """The examples of a step as one batch of B, on the CPU."""

    keys: tuple[str, ...]
    conditions: Conditions
    clean: Latents
    """(B, C, T, h, w) of RGB and, where an example has it, of HOI; zeros for those that lack it."""
    hoi_present: tuple[bool, ...]
    labels: Tensor
    """(B, N) router labels."""
    seeds: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Inputs:
    """What the model takes, on its device, and what it should answer."""

    conditions: Conditions
    noisy: NoisyLatents
    draw: FlowDraw
    hoi_present: tuple[bool, ...]
    labels: Tensor
    """(B, N), on the CPU, where the loss checks them."""


def stack(examples: Batch, *, hoi: bool) -> Stacked:
    """One batch of all examples.

    Args:
        examples: at least one, of one size.
        hoi: whether the model has an HOI stream; without, the examples' is left out.

    Raises:
        InputError: examples of different sizes.
    """
    conditions = stack_conditions([example.conditions for example in examples])
    present = tuple(hoi and example.hoi is not None for example in examples)
    clean: Latents = (torch.stack([example.target for example in examples]),)
    if any(present):
        streams = [torch.zeros_like(one.target) if one.hoi is None else one.hoi for one in examples]
        clean = (*clean, torch.stack(streams))
    else:
        conditions = replace(conditions, hoi_text=None, hoi_present=None)
    return Stacked(
        keys=tuple(example.key for example in examples),
        conditions=conditions,
        clean=clean,
        hoi_present=present,
        labels=torch.stack([example.labels for example in examples]),
        seeds=tuple(example.seed for example in examples),
    )


def draw(stacked: Stacked, flow: TrainingFlow, device: torch.device) -> Inputs:
    """A noise level and noise for each example, from its seed alone: what it is drawn with depends on no other example."""
    return _placed(stacked, flow.draw(stacked.clean, seeded(stacked.seeds)), device)


def draw_at(stacked: Stacked, flow: TrainingFlow, level: int, device: torch.device) -> Inputs:
    """One noise level, by its index in the schedule, for all examples, and noise from each one's seed."""
    index = torch.full((len(stacked.keys),), level)
    noise = draw_noise(stacked.clean, seeded(stacked.seeds))
    return _placed(stacked, flow.at(index, stacked.clean, noise), device)


def _placed(stacked: Stacked, drawn: FlowDraw, device: torch.device) -> Inputs:
    noisy, velocity = _moved(drawn.noisy, device), _moved(drawn.velocity, device)
    return Inputs(
        conditions=conditions_to(stacked.conditions, device),
        # Timesteps stay on the CPU, where the model reads them without waiting for the device.
        noisy=NoisyLatents(noisy[0], drawn.timesteps, noisy[1] if len(noisy) > 1 else None),
        draw=replace(drawn, noisy=noisy, velocity=velocity),
        hoi_present=stacked.hoi_present,
        labels=stacked.labels,
    )


def conditions_to(conditions: Conditions, device: torch.device) -> Conditions:
    """The conditions on a device."""

    def moved(tensor: Tensor | None) -> Tensor | None:
        return None if tensor is None else tensor.to(device, non_blocking=True)

    return replace(
        conditions,
        person=conditions.person.to(device, non_blocking=True),
        text=_text_to(conditions.text, device),
        audio=conditions.audio.to(device, non_blocking=True),
        product=moved(conditions.product),
        motion=moved(conditions.motion),
        pose=moved(conditions.pose),
        hoi_text=None if conditions.hoi_text is None else _text_to(conditions.hoi_text, device),
    )


def _text_to(text: Text, device: torch.device) -> Text:
    return replace(text, rows=text.rows.to(device, non_blocking=True))


def _moved(streams: Latents, device: torch.device) -> Latents:
    return tuple(stream.to(device, non_blocking=True) for stream in streams)
