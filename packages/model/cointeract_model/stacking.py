"""Makes one batch of samples that have different parts and prompts of different lengths."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from cointeract_model.errors import InputError
from cointeract_model.inputs import Conditions, NoisyLatents, Text

Parts = Sequence[Tensor | None]


def stack_conditions(samples: Sequence[Conditions]) -> Conditions:
    """One batch of several. Where a sample lacks a part, its rows are zeros and marked as absent.

    All must have the same latent height and width and the same number of audio frames.

    Raises:
        InputError: there are none, or their sizes differ.
    """
    if not samples:
        raise InputError("there are no samples to stack: give at least one")
    presences = [sample.presence() for sample in samples]
    texts = [_hoi_text_or_zeros(sample) for sample in samples]
    products = [sample.product for sample in samples]
    motions = [sample.motion for sample in samples]
    hoi = any(sample.hoi_text is not None for sample in samples)
    given = any(product is not None for product in products)
    return Conditions(
        person=_concatenated("person", [sample.person for sample in samples]),
        text=_stacked_text([sample.text for sample in samples]),
        audio=_concatenated("audio", [sample.audio for sample in samples]),
        product=_stacked("product", products, samples),
        motion=_stacked("motion", motions, samples),
        pose=_stacked("pose", [sample.pose for sample in samples], samples),
        hoi_text=_stacked_text(texts) if hoi else None,
        product_scale=tuple(scale for sample in samples for scale in sample.scales()) if given else None,
        product_present=tuple(flag for one in presences for flag in one.product) if given else None,
        motion_present=tuple(flag for one in presences for flag in one.motion) if _any(motions) else None,
        hoi_present=tuple(flag for one in presences for flag in one.hoi) if hoi else None,
    )


def stack_noisy(samples: Sequence[NoisyLatents]) -> NoisyLatents:
    """One batch of several; samples without HOI have zeros for it.

    Raises:
        InputError: there are none, or their sizes differ.
    """
    if not samples:
        raise InputError("there are no samples to stack: give at least one")
    hoi = None
    if any(sample.hoi is not None for sample in samples):
        filled = [sample.hoi if sample.hoi is not None else torch.zeros_like(sample.target) for sample in samples]
        hoi = _concatenated("hoi", filled)
    hoi_timestep = None
    if any(sample.hoi_timestep is not None for sample in samples):
        own = [sample.timestep if sample.hoi_timestep is None else sample.hoi_timestep for sample in samples]
        hoi_timestep = torch.cat(own)
    return NoisyLatents(
        target=_concatenated("target", [sample.target for sample in samples]),
        timestep=torch.cat([sample.timestep for sample in samples]),
        hoi=hoi,
        hoi_timestep=hoi_timestep,
    )


def _any(parts: Parts) -> bool:
    return any(part is not None for part in parts)


def _stacked(name: str, parts: Parts, samples: Sequence[Conditions]) -> Tensor | None:
    there = [part for part in parts if part is not None]
    if not there:
        return None
    shape = there[0].shape[1:]
    filled = [
        part if part is not None else there[0].new_zeros(sample.batch, *shape)
        for part, sample in zip(parts, samples, strict=True)
    ]
    return _concatenated(name, filled)


def _concatenated(name: str, parts: Sequence[Tensor]) -> Tensor:
    shapes = {tuple(part.shape[1:]) for part in parts}
    if len(shapes) > 1:
        raise InputError(f"{name} has different sizes in one batch, {sorted(shapes)}: stack samples of one size")
    return torch.cat(list(parts))


def _stacked_text(texts: Sequence[Text]) -> Text:
    longest = max(text.rows.shape[1] for text in texts)
    padded = [functional.pad(text.rows, (0, 0, 0, longest - text.rows.shape[1])) for text in texts]
    lengths = tuple(length for text in texts for length in text.lengths_or_all())
    return Text(_concatenated("text", padded), lengths)


def _hoi_text_or_zeros(sample: Conditions) -> Text:
    if sample.hoi_text is not None:
        return sample.hoi_text
    return Text(sample.text.rows.new_zeros(sample.batch, 1, sample.text.rows.shape[2]))
