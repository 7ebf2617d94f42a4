"""How fast a run goes: samples, tokens and operations in a second, and how long it waits for data.

Times are of each process itself, between two moments at which the device has caught up. Validation, sampling and saving are
left out. Operations are the model's own (`cointeract_model.flops`): what checkpointing computes again isn't counted.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from cointeract_model.config import ModelConfig
from cointeract_model.flops import BACKWARD, Workload, encode_flops, step_flops
from cointeract_model.grid import Grid
from cointeract_model.switches import Stage, Switches
from cointeract_train.batch import Inputs

TERA, KIB, GIB = 1e12, 2**10, 2**30


@dataclass(frozen=True)
class Work:
    """Of some samples: how many, their tokens in both streams, and operations of their forward and backward passes."""

    samples: int = 0
    tokens: int = 0
    flops: float = 0.0

    def __add__(self, other: Work) -> Work:
        return Work(self.samples + other.samples, self.tokens + other.tokens, self.flops + other.flops)


def work_of(inputs: Inputs, config: ModelConfig, switches: Switches, stage: Stage) -> Work:
    """The work of one pass."""
    height, width = inputs.noisy.target.shape[3:]
    grid = Grid(inputs.noisy.target.shape[2], height, width)
    presence, lengths = inputs.conditions.presence(), inputs.conditions.text.lengths_or_all()
    total = Work()
    for sample, timestep in enumerate(inputs.noisy.timestep.tolist()):
        one = Workload(
            grid=grid,
            motion=presence.motion[sample],
            product=presence.product[sample],
            hoi=stage if inputs.hoi_present[sample] else None,
            experts=switches.routing_cutoff is None or timestep < switches.routing_cutoff,
            text_rows=lengths[sample],
        )
        flops = sum(step_flops(config, switches, one).values()) + sum(encode_flops(config, one).values())
        total += Work(1, one.rgb_tokens + one.hoi_tokens, float(BACKWARD * flops))
    return total


class Throughput:
    """Counts this process's work of a window, and the time that it took.

    Args:
        sharing: processes that have the same samples, each a part of their work.
    """

    def __init__(self, sharing: int = 1) -> None:
        self._sharing = sharing
        self.begin()

    def begin(self) -> None:
        """Begin a window."""
        self._work, self._waited, self._paused = Work(), 0.0, 0.0
        self._begun = time.perf_counter()

    def add(self, work: Work) -> None:
        """Count work."""
        self._work += work

    def wait(self, seconds: float) -> None:
        """Count time that data was waited for."""
        self._waited += seconds

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Time in here isn't training."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.pause(time.perf_counter() - begun)

    def pause(self, seconds: float) -> None:
        """So much time of the window wasn't training."""
        self._paused += seconds

    def sums(self) -> list[float]:
        """What `rates_of` takes, to be added up over processes; ask for it when the device has caught up."""
        seconds = max(time.perf_counter() - self._begun - self._paused, 1e-9)
        work = (self._work.samples, self._work.tokens, self._work.flops)
        return [*(part / self._sharing for part in work), min(self._waited, seconds), seconds]


def rates_of(sums: list[float], processes: int, peak_tflops: float | None) -> dict[str, float]:
    """How fast all processes together are.

    Args:
        sums: of `Throughput`, added up over processes.
        processes: how many.
        peak_tflops: what a card could do at most, for utilisation; None: it isn't stated.

    Returns:
        `samples_per_s` and `tokens_per_s` of all; `tflops` of one device and `tflops_total` of all; `mfu` where the peak is stated;
        `data_wait` as a share of the time, a mean over processes.
    """
    samples, tokens, flops, waited, seconds = sums
    mean_seconds = seconds / processes
    tflops = flops / seconds / TERA
    rates = {
        "samples_per_s": samples / mean_seconds,
        "tokens_per_s": tokens / mean_seconds,
        "tflops": tflops,
        "tflops_total": processes * tflops,
        "data_wait": waited / seconds,
    }
    return rates if peak_tflops is None else {**rates, "mfu": tflops / peak_tflops}


def peak_memory_gib(device: torch.device) -> float:
    """The most memory so far: of a GPU what PyTorch held, of a CPU what the process held."""
    if device.type == "cuda":
        return torch.cuda.max_memory_reserved(device) / GIB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB / GIB
