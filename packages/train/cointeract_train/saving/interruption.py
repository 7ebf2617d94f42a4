"""Signals that ask a run to stop: of a user, of a scheduler that takes the machine away."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2)
"""Ctrl-C; `kill` and preemption; what Slurm is told to send ahead of a job's end (`--signal=USR1@120`)."""

log = logging.getLogger(__name__)


class StoppedError(Exception):
    """The run was asked to stop and has saved its state. Unwinds the trainer, which does nothing more."""


class Interruption:
    """Notes the first signal. The second one ends the process as it would have without this."""

    def __init__(self) -> None:
        self.asked = False
        self._kept: dict[signal.Signals, Any] = {}
        self._end_others: Callable[[], None] = _nothing

    def listen(self, end_others: Callable[[], None] | None = None) -> None:
        """Take the signals over, if this is the main thread, in which alone they can be.

        Args:
            end_others: ends the processes that this one has started, when the second signal comes.
        """
        self._end_others = end_others or _nothing
        if threading.current_thread() is threading.main_thread():
            self._kept = {number: signal.signal(number, self._on_signal) for number in SIGNALS}

    def close(self) -> None:
        """Give the signals back."""
        for number, handler in self._kept.items():
            signal.signal(number, handler)
        self._kept = {}

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self.asked:
            self._end_others()
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        self.asked = True
        log.warning(
            "%s: stopping after this step, with its state saved; once more stops at once", signal.Signals(number).name
        )


def _nothing() -> None:
    """There are no others."""
