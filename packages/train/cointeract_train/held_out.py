"""A trained model's losses and routing on held-out examples, at fixed noise levels with fixed noise."""

from __future__ import annotations

from collections.abc import Iterable

import torch

from cointeract_model.switches import Stage
from cointeract_model.transformer import Transformer
from cointeract_train.batch import Draws, stack
from cointeract_train.example import Batch
from cointeract_train.figures import Figures, figures_of
from cointeract_train.losses import joint_loss


@torch.no_grad()
def held_out_figures(model: Transformer, batches: Iterable[Batch], *, stage: Stage, levels: int) -> dict[str, float]:
    """Losses and routing. An example's noise comes from its seed, so models are compared on the same noisy latents.

    Args:
        model: on its device.
        batches: held-out examples.
        stage: how the streams see one another.
        levels: evenly spaced noise levels at which each example is looked at.

    Returns:
        As `figures_of`, without the gradient's norm.
    """
    device = next(model.parameters()).device
    draws, figures = Draws(model.switches), Figures(torch.device("cpu"))
    routed = model.config.expert_size is not None
    for batch in batches:
        stacked = stack(batch, hoi=model.config.hoi)
        for number in range(levels):
            inputs = draws.at(stacked, (number + 0.5) / levels, device)
            context = model.encode(inputs.conditions)
            prediction = model(inputs.noisy, context, stage=stage, router_logits=routed)
            losses = joint_loss(prediction, inputs, model.switches)
            figures.add(losses, inputs.noisy.timestep, inputs.hoi_present)
    return figures_of(figures.sums.tolist())
