"""Progress of a run: bars with a rate and an estimate on a terminal, log lines elsewhere."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from typing_extensions import override

from cointeract_curation.engine.report import StageState, UnitReport

log = logging.getLogger(__name__)

LOG_EVERY_S = 10.0


class Progress(Protocol):
    """Told what a run is about to do and every unit that comes back."""

    def begin(self, stages: Sequence[str], total: int) -> None:
        """``total`` units are about to go through ``stages``."""

    def advance(self, report: UnitReport) -> None:
        """A unit came back."""

    def end(self) -> None:
        """The stages of the last `begin` are done."""


@dataclass
class _Tally:
    """Numbers of one stage."""

    total: int
    begun: float = field(default_factory=time.monotonic)
    done: int = 0
    reused: int = 0
    stopped: int = 0

    def line(self, stage: str) -> str:
        """One log line."""
        elapsed = max(time.monotonic() - self.begun, 1e-6)
        rate = self.done / elapsed
        left = f", {(self.total - self.done) / rate:.0f} s left" if rate > 0 and self.done < self.total else ""
        return (
            f"{stage}: {self.done} of {self.total} ({self.reused} were finished already, {self.stopped} rejected or quarantined), "
            f"{rate:.2f}/s{left}"
        )


class LogProgress(Progress):
    """A line for each stage every ten seconds and at the end."""

    def __init__(self) -> None:
        self._tallies: dict[str, _Tally] = {}
        self._last = 0.0
        self._unwritten = False

    @override
    def begin(self, stages: Sequence[str], total: int) -> None:
        self._tallies = {stage: _Tally(total) for stage in stages}
        self._last = time.monotonic()

    @override
    def advance(self, report: UnitReport) -> None:
        _count(self._tallies, report)
        self._unwritten = True
        if time.monotonic() - self._last >= LOG_EVERY_S:
            self._last = time.monotonic()
            self._write()

    @override
    def end(self) -> None:
        if self._unwritten:
            self._write()

    def _write(self) -> None:
        self._unwritten = False
        for stage, tally in self._tallies.items():
            log.info("%s", tally.line(stage))


def _count(tallies: dict[str, _Tally], report: UnitReport) -> list[str]:
    """Count a report into the tallies. A unit that stopped early leaves the later stages' totals. Returns the stages touched."""
    touched = []
    for item in report.stages:
        tally = tallies[item.stage]
        tally.done += 1
        tally.reused += item.seconds == 0.0
        tally.stopped += item.state in {StageState.REJECTED, StageState.QUARANTINED}
        touched.append(item.stage)
    if report.stopped:
        names = list(tallies)
        for stage in names[names.index(touched[-1]) + 1 :]:
            tallies[stage].total -= 1
            touched.append(stage)
    return touched


class BarProgress(Progress):
    """A bar for each stage with its rate and the time left."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        self._bars = RichProgress(
            TextColumn("{task.description:>9}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
        )
        self._tallies: dict[str, _Tally] = {}
        self._tasks: dict[str, object] = {}
        self._bars.start()

    @override
    def begin(self, stages: Sequence[str], total: int) -> None:
        self._tallies = {stage: _Tally(total) for stage in stages}
        self._tasks = {stage: self._bars.add_task(stage, total=total, rate="") for stage in stages}

    @override
    def advance(self, report: UnitReport) -> None:
        for stage in _count(self._tallies, report):
            tally = self._tallies[stage]
            elapsed = max(time.monotonic() - tally.begun, 1e-6)
            self._bars.update(
                self._tasks[stage],  # type: ignore[arg-type]
                completed=tally.done,
                total=tally.total,
                rate=f"{tally.done / elapsed:.2f}/s",
            )

    @override
    def end(self) -> None:
        self._bars.refresh()

    def close(self) -> None:
        """Leave the terminal as it was."""
        self._bars.stop()


@contextmanager
def progress_for_terminal() -> Iterator[Progress]:
    """Bars where standard error is a terminal, log lines where it is a file or a pipe."""
    if not sys.stderr.isatty():
        yield LogProgress()
        return
    bars = BarProgress()
    try:
        yield bars
    finally:
        bars.close()
