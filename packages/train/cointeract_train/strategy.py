"""Devices, precision and strategy of the trainer: the one place that chooses them from the configuration."""

from __future__ import annotations

from typing import Any

import torch

from cointeract_train.config import HardwareSettings
from cointeract_train.errors import RecipeError

PRECISIONS = {"float32": "32-true", "bfloat16": "bf16-mixed"}
"""Lightning's names. The mixed one computes products in bfloat16 on weights that stay as they are; the module draws noise and
timesteps, and the losses are taken, in float32."""

PROCESSES = 1
"""Among them the samples of a step are dealt out."""


def trainer_options(settings: HardwareSettings) -> dict[str, Any]:
    """Arguments of Lightning's trainer.

    Raises:
        RecipeError: a GPU that isn't there.
    """
    if settings.device == "cuda" and not torch.cuda.is_available():
        raise RecipeError("hardware.device is cuda, but PyTorch finds no GPU here: use cpu or auto")
    gpu = settings.device != "cpu" and torch.cuda.is_available()
    return {
        "accelerator": "gpu" if gpu else "cpu",
        "devices": PROCESSES,
        "strategy": "auto",
        "precision": PRECISIONS[settings.precision],
    }
