"""Micro batches of one process, in the global order, from a position that is kept to the sample."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset, Sampler

from cointeract_model.codecs.config import Umt5Config, WanVaeConfig, Wav2Vec2Config
from cointeract_shards import storage
from cointeract_train.data.config import DataConfig
from cointeract_train.data.errors import ChangedDataError
from cointeract_train.data.examples import ExampleMaker, ExampleSource
from cointeract_train.data.features import Part
from cointeract_train.data.plan import Batches
from cointeract_train.data.worker_signals import leave_to_training
from cointeract_train.example import Batch

FORKED_PROTOCOLS = ("file", "local", "memory")
"""Of URLs whose file systems have no threads, so that workers may be forked."""


@dataclass(frozen=True)
class Slices:
    """How a global batch is dealt: pass by pass, and in each pass process by process, in the global order."""

    rank: int
    ranks: int
    micro_batch: int
    accumulation: int

    @property
    def samples_at_once(self) -> int:
        """Samples that all processes take in one pass."""
        return self.ranks * self.micro_batch

    def of(self, number: int) -> tuple[int, slice]:
        """The global batch of a process's micro batch, and which of its draws are this process's."""
        batch, turn = divmod(number, self.accumulation)
        first = (turn * self.ranks + self.rank) * self.micro_batch
        return batch, slice(first, first + self.micro_batch)


@dataclass(frozen=True, eq=False)
class Loaded:
    """A micro batch, and how often its parts had to be encoded."""

    examples: Batch
    encoded: Counter[Part]


class MicroBatches(Dataset[Loaded]):
    """Micro batches by number; each worker has a copy with readers and codecs of its own."""

    def __init__(self, source: ExampleSource, batches: Batches, slices: Slices) -> None:
        self._source, self._batches, self._slices = source, batches, slices
        self._maker: ExampleMaker | None = None

    def __getitem__(self, number: int) -> Loaded:
        """The examples of a micro batch."""
        if self._maker is None:
            self._maker = ExampleMaker(self._source)
        before = self._maker.encoded.copy()
        batch, part = self._slices.of(number)
        examples = [self._maker.make(draw) for draw in self._batches.batch(batch)[part]]
        return Loaded(examples, self._maker.encoded - before)

    def __getstate__(self) -> dict[str, Any]:
        """Without what belongs to a process."""
        return {**self.__dict__, "_maker": None}


class _Span(Sampler[int]):
    """The numbers that an iteration goes through; set before each, since workers outlive it."""

    def __init__(self) -> None:
        self.numbers = range(0)

    def __iter__(self) -> Iterator[int]:
        return iter(self.numbers)

    def __len__(self) -> int:
        return len(self.numbers)


class Loader:
    """Batches of examples for one process: each iteration goes on where the last one stopped, up to the epoch's end.

    Its length is that of a whole epoch, so Lightning doesn't fetch ahead to find the end. Readers are started by the first iteration
    and stay for the next ones, until `close` ends them. Left to the garbage collector they would outlive their run, and be found by
    that of a next run's readers, which complains of them on the terminal.

    Args:
        source: of the examples.
        batches: global batches by number.
        slices: how they are dealt.
        steps: global batches of an epoch.
        endless: whether the next epoch has the next batches; else it has the same.
    """

    def __init__(self, source: ExampleSource, batches: Batches, slices: Slices, steps: int, *, endless: bool) -> None:
        self._slices, self._endless = slices, endless
        self._length = steps * slices.accumulation
        self._span = _Span()
        config = source.config
        workers = min(config.workers, self._length)
        self._start = partial(
            DataLoader[Loaded],
            MicroBatches(source, batches, slices),
            batch_size=None,
            sampler=self._span,
            num_workers=workers,
            collate_fn=_as_it_is,
            prefetch_factor=config.prefetch if workers else None,
            persistent_workers=workers > 0,
            worker_init_fn=leave_to_training,
            multiprocessing_context=_start_method(config) if workers else None,
            # Seeds of workers, which nothing depends on, would otherwise be drawn from the training's own generator.
            generator=torch.Generator(),
        )
        self._loader: DataLoader[Loaded] | None = None
        self._reading: Iterator[Loaded] = iter(())
        self._position = 0
        self.encoded: Counter[Part] = Counter()
        """How often each part of a sample was encoded on the fly."""

    def __len__(self) -> int:
        """Micro batches of an epoch."""
        return self._length

    @property
    def samples(self) -> int:
        """Samples that all processes together were handed out, in all epochs."""
        return self._position * self._slices.samples_at_once

    def state_dict(self) -> dict[str, int]:
        """The position, which Lightning keeps with its loops' and the data module checks before."""
        return {"samples": self.samples}

    def load_state_dict(self, state_dict: dict[str, int]) -> None:
        """Go to a position, whatever the number of processes and passes was.

        Raises:
            ChangedDataError: it lies between two micro batches of one pass.
        """
        samples, at_once = state_dict["samples"], self._slices.samples_at_once
        if samples % at_once:
            raise ChangedDataError(
                f"the run was saved after {samples} samples, which isn't a multiple of the {at_once} that {self._slices.ranks} processes "
                "take at once; resume from a state saved after a whole step, or with the former number of processes and passes"
            )
        self._position = samples // at_once

    def __iter__(self) -> Iterator[Batch]:
        """The rest of the epoch."""
        first = self._position if self._endless else 0
        self._span.numbers = range(first, (first // self._length + 1) * self._length)
        if self._loader is None:
            self._loader = self._start()
        self._reading = iter(self._loader)
        # Not held by this frame, which may be suspended for ever, or `close` couldn't end it.
        while (loaded := next(self._reading, None)) is not None:
            self._position += 1
            self.encoded += loaded.encoded
            yield loaded.examples

    def close(self) -> None:
        """End the readers and the iteration that is going on. The next one goes on at the position, with new readers."""
        self._reading, self._loader = iter(()), None


def _as_it_is(loaded: Any) -> Any:
    """A micro batch is a batch already; by default its tensors would be looked for."""
    return loaded


def _start_method(config: DataConfig) -> str:
    """How workers are started: fresh where a fork would copy a remote file system's threads or a codec's GPU."""
    remote = storage.is_url(config.root) and config.root.split("://")[0] not in FORKED_PROTOCOLS
    chosen = (config.codecs.latents, config.codecs.text, config.codecs.audio)
    on_gpu = any(
        isinstance(codec, WanVaeConfig | Umt5Config | Wav2Vec2Config) and codec.device != "cpu" for codec in chosen
    )
    return "spawn" if remote or on_gpu else "fork"
