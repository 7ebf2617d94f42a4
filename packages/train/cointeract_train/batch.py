"""From the examples of a pass to what the model takes: stacked, noise drawn, on the device."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from cointeract_model.flow.latents import Latents, draw_noise, seeded
from cointeract_model.flow.schedule import FlowSchedule
from cointeract_model.flow.training import FlowDraw, TrainingFlow
from cointeract_model.flow.weights import LossWeighting
from cointeract_model.inputs import Conditions, NoisyLatents, Text
from cointeract_model.stacking import stack_conditions
from cointeract_model.switches import Switches
from cointeract_train.example import Batch


@dataclass(frozen=True, eq=False)
class Stacked:
    """The examples of a pass as one batch of B, where they are."""

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
    """(B, N)."""


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


class Draws:
    """Draws noise levels and noise.

    Args:
        switches: shift of the noise schedule in training, and how much its levels count.
    """

    def __init__(self, switches: Switches) -> None:
        self._schedule = FlowSchedule.shifted(shift=switches.training_shift)
        self._flow = TrainingFlow(self._schedule, LossWeighting(switches.loss_weighting))

    def random(self, stacked: Stacked, device: torch.device) -> Inputs:
        """A level and noise for each example, which depend on its seed alone: those of `TrainingFlow.draw`."""
        generators = seeded(stacked.seeds)
        levels = [torch.randint(len(self._schedule), (1,), generator=generator) for generator in generators]
        return self._placed(stacked, torch.cat(levels), draw_noise(stacked.clean, generators), device)

    def at(self, stacked: Stacked, share: float, device: torch.device) -> Inputs:
        """The level after a share, 0 to 1, of the schedule's, from noise on, for all examples; noise from each one's seed."""
        level = min(int(share * len(self._schedule)), len(self._schedule) - 1)
        index = torch.full((len(stacked.keys),), level)
        return self._placed(stacked, index, draw_noise(stacked.clean, seeded(stacked.seeds)), device)

    def _placed(self, stacked: Stacked, index: Tensor, noise: Latents, device: torch.device) -> Inputs:
        clean = tuple(stream.to(device, non_blocking=True) for stream in stacked.clean)
        drawn = self._flow.at(index, clean, tuple(stream.to(device, non_blocking=True) for stream in noise))
        return Inputs(
            conditions=conditions_to(stacked.conditions, device),
            noisy=NoisyLatents(
                target=drawn.noisy[0],
                # They stay on the CPU, where the model reads them without waiting for the device.
                timestep=self._schedule.timesteps[index],
                hoi=drawn.noisy[1] if len(drawn.noisy) > 1 else None,
            ),
            draw=drawn,
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
