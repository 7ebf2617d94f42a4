"""Progress of a generation: bars on a terminal, log lines elsewhere."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from typing_extensions import override

if TYPE_CHECKING:
    from rich.progress import TaskID

logger = logging.getLogger(__name__)

LOG_EVERY_S = 10.0


class GenerationProgress(Protocol):
    """Told what a video will take, and every step of it."""

    def begin(self, name: str, clips: int, steps: int) -> None:
        """A video of so many clips, each of so many denoising steps, begins."""

    def step(self, clip: int) -> None:
        """A denoising step of clip `clip`, from 0, is done."""

    def wrote(self, frames: int, total: int) -> None:
        """`frames` of the video's `total` are in the file."""


class LogProgress(GenerationProgress):
    """A line every ten seconds, and one for each clip that is written."""

    def __init__(self) -> None:
        self._name, self._clips, self._steps, self._done = "", 0, 0, 0
        self._begun = self._last = time.monotonic()

    @override
    def begin(self, name: str, clips: int, steps: int) -> None:
        self._name, self._clips, self._steps, self._done = name, clips, steps, 0
        self._begun = self._last = time.monotonic()

    @override
    def step(self, clip: int) -> None:
        self._done += 1
        now = time.monotonic()
        if now - self._last < LOG_EVERY_S:
            return
        self._last = now
        total = self._clips * self._steps
        left = (now - self._begun) / self._done * (total - self._done)
        logger.info(
            "%s: step %d of %d (clip %d of %d), %.0f s left", self._name, self._done, total, clip + 1, self._clips, left
        )

    @override
    def wrote(self, frames: int, total: int) -> None:
        logger.info("%s: %d of %d frames are written", self._name, frames, total)


class BarProgress(GenerationProgress):
    """A bar for each video, with the time left."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        self._bars = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("steps, {task.fields[frames]} frames written"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._task: TaskID | None = None
        self._bars.start()

    @override
    def begin(self, name: str, clips: int, steps: int) -> None:
        self._task = self._bars.add_task(name, total=clips * steps, frames=0)

    @override
    def step(self, clip: int) -> None:
        if self._task is not None:
            self._bars.advance(self._task)

    @override
    def wrote(self, frames: int, total: int) -> None:
        if self._task is not None:
            self._bars.update(self._task, frames=frames)

    def close(self) -> None:
        """Leave the terminal as it was."""
        self._bars.stop()


@contextmanager
def progress_for_terminal() -> Iterator[GenerationProgress]:
    """Bars where standard error is a terminal, log lines where it is a file or a pipe."""
    if not sys.stderr.isatty():
        yield LogProgress()
        return
    bars = BarProgress()
    try:
        yield bars
    finally:
        bars.close()
