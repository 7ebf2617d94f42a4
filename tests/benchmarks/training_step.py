"""What the training step costs above the bare model: forward and backward pass and optimiser, on the same tensors.

Both sides make the same steps on the same batches of the toy of the tests at a size where a step takes some tenths of a second, in
turns, in one thread; the medians of processor time are compared.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from typing_extensions import override

from cointeract_model.switches import Stage
from cointeract_train.batch import Draws, Inputs, stack
from cointeract_train.config import TrainConfig
from cointeract_train.example import Batch
from cointeract_train.losses import joint_loss
from cointeract_train.optimiser import build_optimiser
from cointeract_train.progress import LineProgress
from cointeract_train.run import train
from cointeract_train.trainable import build_model
from tests.train.toy import DIMENSIONS, ToyData, toy_config

STEPS, ROUNDS, WARM = 20, 3, 3
LIMIT = 1.05


class _Timed(ToyData):
    """Notes the processor's time whenever a batch is asked for: from one to the next is a whole step."""

    def __init__(self, config: TrainConfig) -> None:
        super().__init__(config)
        self.times: list[float] = []

    @override
    def train_dataloader(self) -> Any:
        loader = super().train_dataloader()
        loader.before = {number: lambda: self.times.append(time.process_time()) for number in range(len(loader))}
        return loader


def measure(folder: Path) -> tuple[float, float]:
    """Seconds of a step of the trainer, and of the bare model."""
    torch.set_num_threads(1)
    config = _config()
    trained: list[float] = []
    bare: list[float] = []
    for _ in range(ROUNDS):
        data = _Timed(config)
        with tempfile.TemporaryDirectory(dir=folder) as place:
            train(config, Path(place) / "run", LineProgress(), data=data)
        trained += [after - before for before, after in zip(data.times[WARM:], data.times[WARM + 1 :], strict=False)]
        bare += _bare_steps(config, data.batches)
    return statistics.median(trained), statistics.median(bare)


def _config() -> TrainConfig:
    dimensions = {**DIMENSIONS.model_dump(), "hidden_size": 384, "feed_forward_size": 1536, "layers": 6, "heads": 6}
    return toy_config(
        model={"dimensions": dimensions},
        steps={"joint": STEPS, "asymmetric": 0},
        watch={"log_every": 10},
        checkpoints={"every": 1000},
    )


def _bare_steps(config: TrainConfig, batches: list[Batch]) -> list[float]:
    """Forward pass, losses of both streams and of the router, backward pass, optimiser; all inputs made before."""
    model, draws = build_model(config), Draws(config.model.chosen_switches)
    optimiser = build_optimiser(model.named_parameters(), config.optimiser)
    inputs: list[Inputs] = [draws.random(stack(batch, hoi=True), torch.device("cpu")) for batch in batches]
    seconds = []
    for one in inputs:
        begun = time.process_time()
        context = model.encode(one.conditions)
        prediction = model(one.noisy, context, stage=Stage.JOINT, router_logits=True)
        joint_loss(prediction, one, model.switches).total.backward()
        optimiser.step()
        optimiser.zero_grad()
        seconds.append(time.process_time() - begun)
    return seconds[WARM:]


def run(folder: Path) -> Iterator[str]:
    """Measure, and say whether the limit is kept."""
    step, bare = measure(folder)
    verdict = "within" if step / bare <= LIMIT else "ABOVE"
    yield f"step {1000 * step:.1f} ms, bare model {1000 * bare:.1f} ms of processor time: ratio {step / bare:.3f}, {verdict} {LIMIT}"
