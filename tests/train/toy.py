"""Small examples that can be learnt, and a data module that gives them in an order that can be gone on with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from lightning.pytorch import LightningDataModule
from torch.utils.data import DataLoader
from typing_extensions import override

from cointeract_model.config import ModelConfig
from cointeract_model.inputs import Conditions, Text
from cointeract_train.config import TrainConfig
from cointeract_train.example import Batch, Example
from cointeract_train.recipe_file import build_config

FRAMES, SIDE, TOKENS = 2, 8, 2 * 4 * 4
SAMPLES, HELD_OUT = 6, 2

DIMENSIONS = ModelConfig(
    hidden_size=24,
    heads=2,
    feed_forward_size=32,
    layers=2,
    audio_layers=(0,),
    text_size=8,
    audio_size=6,
    audio_states=2,
    timestep_size=16,
    expert_size=8,
)
"""Small enough for a step in a few hundredths of a second."""

VALUES: dict[str, Any] = {
    "name": "toy",
    "model": {"dimensions": DIMENSIONS.model_dump()},
    "data": {"root": "nowhere", "global_batch": 4, "micro_batch": 4},
    "steps": {"joint": 3, "asymmetric": 3},
    "optimiser": {"learning_rate": 0.01},
    "watch": {"log_every": 1, "validate_every": 0, "samples_every": 0, "loggers": []},
    "checkpoints": {"every": 2},
    "hardware": {"device": "cpu"},
}


def toy_config(**groups: Any) -> TrainConfig:
    """The toy's settings, with groups changed: `toy_config(steps={"joint": 1})`."""
    values = dict(VALUES)
    for name, group in groups.items():
        values[name] = {**values.get(name, {}), **group} if isinstance(group, dict) else group
    return build_config(values, "toy")


def toy_example(number: int, *, seed: int = 0, motion: bool | None = None, hoi: bool | None = None) -> Example:
    """A picture of one colour in each quarter; where it is brightest there is a hand, and a head beside it.

    Args:
        number: which sample.
        seed: of the draw.
        motion: whether it has motion; None: two of three do.
        hoi: whether it has HOI; None: three of four do.
    """
    generator = torch.Generator().manual_seed(number)
    motion = number % 3 != 0 if motion is None else motion
    hoi = number % 4 != 3 if hoi is None else hoi
    labels = torch.zeros(FRAMES, 4, 4, dtype=torch.int64)
    column = number % 3
    labels[:, 1:3, column] = 1
    labels[:, 1:3, column + 1] = 2
    marked = labels.repeat_interleave(2, 1).repeat_interleave(2, 2).float()
    colour = torch.randn(16, 1, 1, 1, generator=generator)
    target = 0.5 * colour + marked[None] * torch.linspace(-1, 1, 16)[:, None, None, None]
    config = DIMENSIONS
    conditions = Conditions(
        person=target[:, :1][None],
        text=Text(torch.randn(1, 3 + number % 2, config.text_size, generator=generator)),
        audio=torch.randn(1, config.audio_states, config.audio_size, 4 * FRAMES, generator=generator),
        product=colour.expand(16, 1, SIDE, SIDE)[None].contiguous(),
        motion=target[:, :1].repeat(1, 19, 1, 1)[None] if motion else None,
        hoi_text=Text(torch.randn(1, 4, config.text_size, generator=generator)) if hoi else None,
        product_scale=(1.0,),
    )
    return Example(
        key=f"sample-{number}",
        conditions=conditions,
        target=target,
        hoi=0.5 * target if hoi else None,
        labels=labels.flatten(),
        seed=1000 * seed + number,
    )


class ToyLoader:
    """Batches of a whole run; knows how many it has given."""

    def __init__(self, batches: list[Batch], log: list[str]) -> None:
        self._batches, self._log, self.position = batches, log, 0
        self.before: dict[int, Callable[[], None]] = {}
        """What happens before a batch is given, by its number."""

    def __len__(self) -> int:
        return len(self._batches)

    def __iter__(self) -> Iterator[Batch]:
        while self.position < len(self._batches):
            self.before.get(self.position, lambda: None)()
            batch = self._batches[self.position]
            self.position += 1
            self._log.extend(example.key for example in batch)
            yield batch


class ToyData(LightningDataModule):
    """The toy's examples in a fixed order, for the steps of a run; of each pass's each of several processes has its own.

    Args:
        config: of the run.
        rank: of this process among those that read different examples.
        ranks: how many do.
    """

    def __init__(self, config: TrainConfig, rank: int = 0, ranks: int = 1) -> None:
        super().__init__()
        size = config.data.micro_batch
        passes = config.steps.total * config.data.accumulation(ranks)
        self.given: list[str] = []
        """Keys in the order in which they were given."""
        self.batches = [
            [
                toy_example((place := (number * ranks + rank) * size + row) % SAMPLES, seed=1 + place // SAMPLES)
                for row in range(size)
            ]
            for number in range(passes)
        ]
        self._held_out = [toy_example(SAMPLES + number) for number in range(HELD_OUT)][rank::ranks]
        self._at_once = ranks * size
        self._loader = ToyLoader(self.batches, self.given)

    @override
    def train_dataloader(self) -> ToyLoader:
        return self._loader

    @override
    def state_dict(self) -> dict[str, int]:
        return {"position": self._loader.position * self._at_once}

    @override
    def load_state_dict(self, state_dict: dict[str, int]) -> None:
        self._loader.position = state_dict["position"] // self._at_once

    @override
    def val_dataloader(self) -> DataLoader[Example]:
        return DataLoader(self._held_out, batch_size=1, collate_fn=list)  # type: ignore[arg-type]  # a list will do
