"""Training samples shown mirrored and in other colours, so that few of them can't be learned by heart.

A model that is trained on some dozen clips finds out which of them it sees, and recalls it. With colours that are never
twice the same it has to look at the references. All parts of a sample are changed alike, in their latents; the HOI
stream keeps its black background, so that of it only colourfulness changes. The prompt stays, and may name a colour or a side
that isn't there any more.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from cointeract_model.codecs.protocols import VariableLatents, Variation
from cointeract_train.data.config import Variations
from cointeract_train.example import Example

CONTRAST = 0.5
"""How far a gain of brightness is from 1 at most, at full strength."""
PALEST = -0.5
"""Least gain of colour differences at full strength: the complementary colour, half as strong."""
SHIFTS = (0.4, 0.2, 0.06)
"""Largest shifts at full strength; colour differences on real footage are about as much smaller than brightness."""
SEED_SALT = 0x5EED


def drawn_variation(seed: int, settings: Variations) -> Variation:
    """The variation of a draw.

    Args:
        seed: of the draw.
        settings: how much.
    """
    generator = torch.Generator().manual_seed(seed ^ SEED_SALT)
    mirrored, contrast, *rest = torch.rand(7, generator=generator, dtype=torch.float64).tolist()
    strength = settings.colours
    paler = tuple(1 - strength * (1 - PALEST) * share for share in rest[:2])
    shifts = tuple(strength * most * (2 * share - 1) for most, share in zip(SHIFTS, rest[2:], strict=True))
    brightness = 1 + strength * CONTRAST * (2 * contrast - 1)
    return Variation(mirrored < settings.mirror, (brightness, paler[0], paler[1]), (shifts[0], shifts[1], shifts[2]))


def varied(example: Example, variation: Variation, codec: VariableLatents) -> Example:
    """The example as if its pictures had been changed before they were encoded.

    Args:
        example: of `codec`'s latents.
        variation: the change.
        codec: that made them.
    """
    conditions = example.conditions
    structure = replace(variation, gains=(1.0, *variation.gains[1:]), shifts=(0.0, 0.0, 0.0))
    lines = Variation(variation.mirrored)

    def picture(latents: Tensor) -> Tensor:
        return codec.vary(latents, variation, from_start=True)

    def video(latents: Tensor, change: Variation) -> Tensor:
        return codec.vary(latents[None], change, from_start=False)[0]

    return replace(
        example,
        conditions=replace(
            conditions,
            person=picture(conditions.person),
            product=None if conditions.product is None else picture(conditions.product),
            motion=None if conditions.motion is None else picture(conditions.motion),
            pose=None if conditions.pose is None else codec.vary(conditions.pose, lines, from_start=False),
        ),
        target=video(example.target, variation),
        hoi=None if example.hoi is None else video(example.hoi, structure),
        labels=_mirrored(example) if variation.mirrored else example.labels,
    )


def _mirrored(example: Example) -> Tensor:
    columns = example.target.shape[-1] // 2
    labels: Tensor = example.labels.unflatten(0, (-1, columns)).flip(-1).flatten()
    return labels
