"""What a piece of PyTorch work allocates, counted at its allocator: exact, and the same on a busy machine."""

from __future__ import annotations

from dataclasses import dataclass

from torch.profiler import ProfilerActivity, profile

from tests.benchmarks.paired import Work

MIB = 1024**2


@dataclass(frozen=True)
class Allocated:
    """MiB, beyond what lay there before."""

    peak: float
    """The most that lay there at a time."""
    written: float
    """All tensors made, one after the other: what goes through memory, which bounds all but the products on a GPU."""


def allocated(work: Work) -> Allocated:
    """Run some work once and count."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as recorded:
        work()
    events = [event for event in recorded.profiler.kineto_results.events() if event.name() == "[memory]"]
    lying = peak = written = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        lying += event.nbytes()
        peak = max(peak, lying)
        written += max(0, event.nbytes())
    return Allocated(peak / MIB, written / MIB)
