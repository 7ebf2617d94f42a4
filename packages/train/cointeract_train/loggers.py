"""Where a run's figures go: `metrics.jsonl` always, TensorBoard and Weights & Biases as configured."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import Logger, TensorBoardLogger
from typing_extensions import override

from cointeract_shards.atomic import write_text
from cointeract_train.config import TrainConfig
from cointeract_train.errors import RecipeError

METRICS = "metrics.jsonl"
TENSORBOARD = "tensorboard"


class JsonLinesLogger(Logger):
    """A line of JSON for each moment at which figures are logged, with the step.

    Args:
        path: of the file. Lines are added to it.
        step: from which a run goes on: lines of later steps are what it makes anew, and are dropped.
    """

    def __init__(self, path: Path, step: int) -> None:
        super().__init__()
        self._path = path
        if path.exists():
            kept = [line for line in _whole_lines(path) if json.loads(line)["step"] <= step]
            write_text(path, "".join(kept))

    @property
    @override
    def name(self) -> str:
        return "metrics"

    @property
    @override
    def version(self) -> str:
        return ""

    @override
    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        """Settings lie in `config.yaml`."""

    @override
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Add a line. It is on the disk before the state of its step is, or a run whose machine failed would lack it."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, **metrics}) + "\n")
            file.flush()
            os.fsync(file.fileno())


class FlushedTensorBoard(TensorBoardLogger):
    """TensorBoard's own files, to which figures go before the state of their step is saved, or a killed run would lack them."""

    @override
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Add figures."""
        super().log_metrics(metrics, step)
        self.experiment.flush()


def read_metrics(path: Path) -> list[dict[str, float]]:
    """The lines of a `metrics.jsonl`; one that was cut short by a crash is left out."""
    return [json.loads(line) for line in _whole_lines(path)]


def build_loggers(config: TrainConfig, output: Path, step: int) -> list[Logger]:
    """The configured loggers, of a run that begins or goes on after `step` steps.

    Raises:
        RecipeError: one whose library isn't installed.
    """
    loggers: list[Logger] = [JsonLinesLogger(output / METRICS, step)]
    if "tensorboard" in config.watch.loggers:
        # What follows from here on stands in place of what a run wrote that was killed after its last state.
        loggers.append(FlushedTensorBoard(output, name=TENSORBOARD, version="", purge_step=step + 1))
    if "wandb" in config.watch.loggers:
        if find_spec("wandb") is None:
            raise RecipeError(
                "watch.loggers names wandb, which isn't installed: pip install 'cointeract-train[wandb]', or leave it out"
            )
        from lightning.pytorch.loggers import WandbLogger

        loggers.append(WandbLogger(name=output.name, save_dir=output, project="cointeract"))
    return loggers


def _whole_lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines(keepends=True) if line.endswith("\n")]
