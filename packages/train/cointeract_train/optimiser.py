"""AdamW, and the learning rate over both stages."""

from __future__ import annotations

import math
from collections.abc import Iterable

from torch import nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import LambdaLR

from cointeract_train.config import OptimiserSettings

MATRIX = 2
"""Dimensions from which a parameter is one."""
ROUTER = ".router."
"""Part of the names of the routers' parameters."""
TABLES = ("modulation", "type_embedding.weight", "state_weights", "padding_token")
"""Ends of the names of parameters that are added or mixed rather than multiplied with."""


def build_optimiser(parameters: Iterable[tuple[str, nn.Parameter]], settings: OptimiserSettings) -> AdamW:
    """AdamW over parameters by name, without those that aren't trained."""
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in parameters:
        if parameter.requires_grad:
            rate = settings.learning_rate * (settings.router_rate if ROUTER in name else 1.0)
            decay = settings.weight_decay if is_matrix(name, parameter) else 0.0
            groups.setdefault((rate, decay), []).append(parameter)
    return AdamW(
        [{"params": group, "lr": rate, "weight_decay": decay} for (rate, decay), group in groups.items()],
        betas=(settings.beta1, settings.beta2),
        eps=settings.eps,
        fused=True,
    )


def build_schedule(optimiser: AdamW, settings: OptimiserSettings, steps: int) -> LambdaLR:
    """The learning rate of each of `steps` optimiser steps."""
    return LambdaLR(optimiser, lambda step: learning_rate_share(step, steps, settings))


def learning_rate_share(step: int, steps: int, settings: OptimiserSettings) -> float:
    """Share of a learning rate at the step after `step` others: a rise over `warmup` steps, then constant or half a cosine."""
    if step < settings.warmup:
        return (step + 1) / (settings.warmup + 1)
    if settings.schedule == "constant":
        return 1.0
    through = min((step - settings.warmup) / max(steps - settings.warmup, 1), 1.0)
    return settings.final_share + (1 - settings.final_share) * (1 + math.cos(math.pi * through)) / 2


def is_matrix(name: str, parameter: nn.Parameter) -> bool:
    """Whether a parameter is multiplied with, rather than added: a bias, a norm or a table."""
    return parameter.ndim >= MATRIX and not name.endswith(TABLES)
