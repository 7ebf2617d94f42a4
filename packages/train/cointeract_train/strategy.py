"""Devices, precision and strategy of the trainer: the one place that chooses them from the configuration."""

from __future__ import annotations

from typing import Any

import torch
from lightning.pytorch.strategies import DDPStrategy, ModelParallelStrategy, Strategy

from cointeract_train.config import HardwareSettings
from cointeract_train.errors import RecipeError
from cointeract_train.processes import Processes

PRECISIONS = {"float32": "32-true", "bfloat16": "bf16-mixed"}
"""Lightning's names. The mixed one computes products in bfloat16 on weights that stay as they are; the module draws noise and
timesteps, and the losses are taken, in float32."""


def trainer_options(settings: HardwareSettings, processes: Processes) -> dict[str, Any]:
    """Arguments of Lightning's trainer, but for its plugins, among which `processes.environment` belongs.

    Raises:
        RecipeError: GPUs that aren't there.
    """
    found = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if settings.device == "cuda" and not found:
        raise RecipeError("hardware.device is cuda, but PyTorch finds no GPU here: use cpu or auto")
    gpu = settings.device != "cpu" and found > 0
    if gpu and processes.each > found:
        raise RecipeError(
            f"{processes.each} processes are to run on this machine, each on a GPU of its own, but PyTorch finds {found}: "
            "set hardware.processes, or hardware.device=cpu"
        )
    return {
        "accelerator": "gpu" if gpu else "cpu",
        "devices": processes.each,
        "num_nodes": processes.nodes,
        "strategy": _strategy(settings, processes),
        "precision": PRECISIONS[settings.precision],
    }


def is_sharded(settings: HardwareSettings) -> bool:
    """Whether each process holds a share of weights, gradients and optimiser instead of all."""
    return settings.strategy == "fsdp"


def _strategy(settings: HardwareSettings, processes: Processes) -> Strategy | str:
    if is_sharded(settings):
        # Of its two dimensions only one is used: `sharding.share_out` says over which processes weights are shared out.
        return ModelParallelStrategy(data_parallel_size=processes.count, tensor_parallel_size=1)
    if settings.strategy == "auto" and processes.count == 1:
        return "auto"
    # Every parameter has a gradient in every step (`cointeract_model.idle`), so none has to be looked for.
    return DDPStrategy(gradient_as_bucket_view=True, broadcast_buffers=False)
