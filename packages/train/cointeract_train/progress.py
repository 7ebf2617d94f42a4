"""Progress of a run: a bar with its last figures on a terminal, log lines elsewhere."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Mapping
from typing import Protocol

from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress
from typing_extensions import override

log = logging.getLogger(__name__)

LOG_EVERY_S = 10.0

SHOWN = {
    "loss_rgb": "rgb {:.4f}",
    "loss_hoi": "hoi {:.4f}",
    "loss_router": "router {:.4f}",
    "router/recall/hand": "hand {:.2f}",
    "router/recall/head": "head {:.2f}",
    "samples_per_s": "{:.2f}/s",
    "data_wait": "data wait {:.0%}",
    "val/loss_rgb": "held-out rgb {:.4f}",
    "val/loss_hoi": "hoi {:.4f}",
    "val/router/recall/hand": "hand {:.2f}",
    "val/router/recall/head": "head {:.2f}",
}
"""Figures that are shown, and how."""


class Progress(Protocol):
    """Told how a run goes on."""

    def begin(self, step: int, steps: int) -> None:
        """The run goes on after `step` of `steps` optimiser steps."""

    def advance(self, step: int) -> None:
        """So many steps are done."""

    def figures(self, step: int, figures: Mapping[str, float]) -> None:
        """What was logged after a step."""

    def end(self) -> None:
        """No more steps follow."""


class LineProgress(Progress):
    """A log line with the figures every ten seconds, and after each validation."""

    def __init__(self) -> None:
        self._steps, self._last = 0, -LOG_EVERY_S

    @override
    def begin(self, step: int, steps: int) -> None:
        self._steps = steps
        log.info("step %d of %d", step, steps)

    @override
    def advance(self, step: int) -> None:
        """Steps alone say little."""

    @override
    def figures(self, step: int, figures: Mapping[str, float]) -> None:
        validated = any(name.startswith("val/") for name in figures)
        if validated or step == self._steps or time.monotonic() - self._last >= LOG_EVERY_S:
            self._last = self._last if validated else time.monotonic()
            log.info("step %d of %d: %s", step, self._steps, _text(figures))

    @override
    def end(self) -> None:
        """The last figures were shown."""


class BarProgress(Progress):
    """A bar with the time left and the last figures; those of validations stay above it as lines."""

    def __init__(self) -> None:
        from rich.console import Console

        self._bar = RichProgress(
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.description}"),
            console=Console(stderr=True),
        )
        self._task: TaskID | None = None

    @override
    def begin(self, step: int, steps: int) -> None:
        self._task = self._bar.add_task("", total=steps, completed=step)
        self._bar.start()

    @override
    def advance(self, step: int) -> None:
        if self._task is not None:
            self._bar.update(self._task, completed=step)

    @override
    def figures(self, step: int, figures: Mapping[str, float]) -> None:
        if self._task is None:
            return
        if any(name.startswith("val/") for name in figures):
            self._bar.console.print(f"step {step}: {_text(figures)}", highlight=False)
        else:
            self._bar.update(self._task, description=_text(figures))

    @override
    def end(self) -> None:
        self._bar.stop()


def progress_for_terminal() -> Progress:
    """A bar where standard error is a terminal, lines elsewhere."""
    return BarProgress() if sys.stderr.isatty() else LineProgress()


def _text(figures: Mapping[str, float]) -> str:
    return ", ".join(form.format(figures[name]) for name, form in SHOWN.items() if name in figures)
