"""Timing what is compared side by side: one after the other, again and again, so that a busy machine disturbs all alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping

Work = Callable[[], object]


class Paired:
    """CPU seconds of each work in each round."""

    def __init__(self, seconds: Mapping[str, list[float]]) -> None:
        self._seconds = seconds

    def median(self, name: str) -> float:
        """CPU seconds of one work."""
        return statistics.median(self._seconds[name])

    def ratio(self, name: str, to: str) -> float:
        """The median over rounds of how many times as long as `to` a work took."""
        return statistics.median(one / other for one, other in zip(self._seconds[name], self._seconds[to], strict=True))


def paired(works: Mapping[str, Work], rounds: int) -> Paired:
    """Run all works `rounds` times in turn. Warm them up before."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            begun = time.process_time()
            work()
            seconds[name].append(time.process_time() - begun)
    return Paired(seconds)
