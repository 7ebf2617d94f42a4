"""The data module for Lightning."""

from __future__ import annotations

from collections import Counter

import lightning.pytorch as pl
from typing_extensions import override

from cointeract_train.data.codecs import caches_wanted
from cointeract_train.data.config import DataConfig
from cointeract_train.data.errors import DataError
from cointeract_train.data.examples import ExampleSource
from cointeract_train.data.features import Part
from cointeract_train.data.loader import Loader, Slices
from cointeract_train.data.plan import Plan
from cointeract_train.data.stream import State, samples_of, state_at, training_source, validation_source


class ShardDataModule(pl.LightningDataModule):
    """Loaders of training and validation over a data set's shards, and the position in them.

    Examples stay on the CPU, where their noise is drawn. Every process must build it with equal configurations. `setup` reads indexes
    and manifest; the loaders read samples.

    Args:
        config: of the data.
        rank: this process among those that have different samples; None: the trainer's global rank.
        ranks: number of those; None: the trainer's world size. Both differ from the trainer's where several processes share a
            sequence.
    """

    def __init__(self, config: DataConfig, *, rank: int | None = None, ranks: int | None = None) -> None:
        super().__init__()
        self.config = config
        self._rank, self._ranks = rank, ranks
        self._training: tuple[ExampleSource, Plan] | None = None
        self._loader: Loader | None = None
        self._validation: Loader | None = None

    def setup(self, stage: str | None = None) -> None:  # noqa: ARG002 - all stages need the same
        """Read what there is and make the plan; a second call does nothing.

        Raises:
            DataError: the data can't be trained on; see `read_catalogue`.
            CodecUnavailableError: a codec has to be loaded and can't be.
            ValueError: the global batch can't be dealt to so many processes and passes.
        """
        if self._training is not None:
            return
        slices = self._dealt()
        caches = caches_wanted(self.config)
        source, plan = training_source(self.config, caches)
        steps = self.config.steps_per_epoch or max(1, len(plan) // self.config.global_batch)
        self._loader = Loader(source, plan, slices, steps, endless=True)
        held_out = validation_source(self.config, caches)
        if held_out is not None:
            held_source, cover = held_out
            self._validation = Loader(held_source, cover, slices, len(cover), endless=False)
        self._training = source, plan

    def train_dataloader(self) -> Loader:
        """Batches from the current position on."""
        return self._ready()[2]

    def val_dataloader(self) -> Loader | list[Loader]:
        """Held-out batches, the same each time; an empty list without validation."""
        self._ready()
        return self._validation if self._validation is not None else []

    @override
    def teardown(self, stage: str) -> None:
        """End the readers. The position stays, and so may be gone on from."""
        for loader in (self._loader, self._validation):
            if loader is not None:
                loader.close()

    @property
    def plan(self) -> Plan:
        """The global order."""
        return self._ready()[1]

    @property
    def encoded(self) -> Counter[Part]:
        """How often each part of a training sample was encoded on the fly, in this process."""
        return self._ready()[2].encoded

    def state_dict(self) -> State:
        """The position, by samples, with what it is a position in. Equal on all processes."""
        source, _, loader = self._ready()
        return state_at(loader.samples, source)

    def load_state_dict(self, state_dict: State) -> None:
        """Go to a saved position, whatever the number of processes and passes was.

        Raises:
            ChangedDataError: the position is in other data, another order or other draws, or inside a pass.
        """
        source, _, loader = self._ready()
        loader.load_state_dict({"samples": samples_of(state_dict, source)})

    def _dealt(self) -> Slices:
        trainer = self.trainer
        rank = self._rank if self._rank is not None else (trainer.global_rank if trainer else 0)
        ranks = self._ranks if self._ranks is not None else (trainer.world_size if trainer else 1)
        passes = self.config.accumulation(ranks)
        if trainer is not None and trainer.accumulate_grad_batches != passes:
            raise DataError(
                f"the trainer makes a step of {trainer.accumulate_grad_batches} passes, a global batch of {self.config.global_batch} is "
                f"{passes} passes of {ranks} processes: give the trainer accumulate_grad_batches={passes}"
            )
        return Slices(rank, ranks, self.config.micro_batch, passes)

    def _ready(self) -> tuple[ExampleSource, Plan, Loader]:
        if self._training is None or self._loader is None:
            raise DataError("the data module isn't set up: call setup() first")
        return *self._training, self._loader
