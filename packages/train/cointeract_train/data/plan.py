"""The global order: which samples make up which batch, for any number of processes, found from a batch's number alone.

An epoch's order holds every sample once: shards are shuffled, and samples within each window of some shards. A batch is of one
group (bucket). Each group's samples, epoch after epoch, are one endless stream that is cut into batches; a batch comes where its
last sample comes. So the samples that don't fill a batch at an epoch's end go into the first batches of the next epoch, and none
is lost or repeated.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cointeract_train.data.mixing import mixed

Numbers = NDArray[np.int64]

KEPT_EPOCHS = 8
"""Arrangements held in memory; a batch needs those of the epochs that its samples come from."""

SHARD_ORDER, SAMPLE_ORDER = 1, 2
"""What a random number is for."""


@dataclass(frozen=True)
class Draw:
    """A sample at its place in an epoch's order."""

    sample: int
    epoch: int
    position: int
    """From 0; whatever the batch size."""


class Batches(Protocol):
    """Global batches by number."""

    def batch(self, number: int) -> list[Draw]:
        """The draws of a batch, in the order in which processes take their slices."""
        ...


@dataclass(frozen=True)
class _Arrangement:
    """One epoch: its order, where each group's samples are in it, and the batches that it completes."""

    order: Numbers
    positions: tuple[Numbers, ...]
    completed: Numbers
    """(batches, 2): group and number within the group."""


class Plan:
    """The endless sequence of global batches.

    Args:
        shards: (n,) number of each sample's shard, from 0.
        groups: (n,) number of each sample's group, from 0, none of them empty.
        seed: of the order.
        batch: samples of a global batch.
        window_shards: samples are shuffled within so many shards.

    Raises:
        ValueError: no samples.
    """

    def __init__(self, shards: Numbers, groups: Numbers, *, seed: int, batch: int, window_shards: int) -> None:
        if not len(shards) or len(shards) != len(groups):
            raise ValueError(
                f"{len(shards)} samples and {len(groups)} groups: give one group for each, and at least one"
            )
        self.shards, self.groups = shards, groups
        self.seed, self.window_shards, self._batch = seed, window_shards, batch
        self.sizes = tuple(int(size) for size in np.bincount(groups))
        """Samples of each group."""
        self._kept: OrderedDict[int, _Arrangement] = OrderedDict()

    def __len__(self) -> int:
        """Samples, which is also the number of draws of an epoch."""
        return len(self.shards)

    def batches_before(self, epoch: int) -> int:
        """Batches that are complete when an epoch begins."""
        return sum(epoch * size // self._batch for size in self.sizes)

    def epoch_of(self, number: int) -> int:
        """The epoch that completes a batch."""
        epoch = number * self._batch // len(self)
        while self.batches_before(epoch + 1) <= number:
            epoch += 1
        while self.batches_before(epoch) > number:
            epoch -= 1
        return epoch

    def batch(self, number: int) -> list[Draw]:
        """The draws of a batch of the endless sequence."""
        epoch = self.epoch_of(number)
        group, within = self._arrangement(epoch).completed[number - self.batches_before(epoch)]
        return self.group_batch(int(group), int(within))

    def group_batch(self, group: int, number: int) -> list[Draw]:
        """The draws of a group's batch, counted within the group."""
        first = number * self._batch
        return [self._draw(group, element) for element in range(first, first + self._batch)]

    def order(self, epoch: int) -> Numbers:
        """(n,) all samples in an epoch's order."""
        return self._arrangement(epoch).order

    def _draw(self, group: int, element: int) -> Draw:
        epoch, rank = divmod(element, self.sizes[group])
        arrangement = self._arrangement(epoch)
        position = int(arrangement.positions[group][rank])
        return Draw(int(arrangement.order[position]), epoch, position)

    def _arrangement(self, epoch: int) -> _Arrangement:
        if epoch not in self._kept:
            self._kept[epoch] = self._arrange(epoch)
            if len(self._kept) > KEPT_EPOCHS:
                self._kept.popitem(last=False)
        self._kept.move_to_end(epoch)
        return self._kept[epoch]

    def _arrange(self, epoch: int) -> _Arrangement:
        shard_keys = mixed(self.seed, epoch, SHARD_ORDER, np.arange(self.shards.max() + 1, dtype=np.uint64))
        shard_ranks = np.empty(len(shard_keys), np.int64)
        shard_ranks[np.argsort(shard_keys, kind="stable")] = np.arange(len(shard_keys))
        sample_keys = mixed(self.seed, epoch, SAMPLE_ORDER, np.arange(len(self), dtype=np.uint64))
        order = np.lexsort((sample_keys, shard_ranks[self.shards] // self.window_shards))
        in_order = self.groups[order]
        positions = tuple(np.flatnonzero(in_order == group) for group in range(len(self.sizes)))
        return _Arrangement(order, positions, self._completed(epoch, positions))

    def _completed(self, epoch: int, positions: tuple[Numbers, ...]) -> Numbers:
        """The batches that the epoch completes, in the order of their last samples."""
        found = []
        for group, of_group in enumerate(positions):
            filled = epoch * len(of_group) + 1 + np.arange(len(of_group))
            last = filled % self._batch == 0
            numbers = filled[last] // self._batch - 1
            found.append(np.stack([of_group[last], np.full_like(numbers, group), numbers], 1))
        completed = np.concatenate(found)
        ordered: Numbers = completed[np.argsort(completed[:, 0]), 1:]
        return ordered


class Cover:
    """Every sample of a plan, group by group: the batches in which each comes for the first time.

    A group's last batch is filled with the beginning of its next epoch.
    """

    def __init__(self, plan: Plan, batch: int) -> None:
        self._plan = plan
        self._batches = [
            (group, number) for group, size in enumerate(plan.sizes) for number in range(-(-size // batch))
        ]

    def __len__(self) -> int:
        return len(self._batches)

    def batch(self, number: int) -> list[Draw]:
        """The draws of a batch."""
        return self._plan.group_batch(*self._batches[number])
