"""Time limits for code that can't be asked to stop.

A decoder that hangs in C holds its thread for ever. Where a worker has a process of its own, the process is ended and the engine
starts another (`ProcessGuard`). In this process only the thread can be given up (`ThreadGuard`).
"""

from __future__ import annotations

import faulthandler
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from typing_extensions import override


class Guard(ABC):
    """Watches over one piece of work at a time."""

    @abstractmethod
    def watch(
        self, what: str, limit_s: float, trace_file: str, expire: Callable[[], None]
    ) -> AbstractContextManager[Callable[[], bool]]:
        """A context in which the work may take ``limit_s`` seconds. It yields a function that tells whether it still counts.

        ``trace_file`` is where a process that is ended leaves its Python stacks; ``expire`` is called where only a thread is given up.
        """


class ProcessGuard(Guard):
    """Ends the whole process when time is up or when it crashes, after writing every thread's stack to the trace file.

    The timer is a thread of the interpreter's own that needs no lock, so it fires even while C code holds the interpreter.
    """

    @override
    @contextmanager
    def watch(
        self, what: str, limit_s: float, trace_file: str, expire: Callable[[], None]
    ) -> Iterator[Callable[[], bool]]:
        with Path(trace_file).open("w", encoding="utf-8") as trace:
            trace.write(f"{what}\n")
            trace.flush()
            faulthandler.enable(trace)
            faulthandler.dump_traceback_later(limit_s, exit=True, file=trace)
            try:
                yield lambda: True
            finally:
                faulthandler.cancel_dump_traceback_later()
                faulthandler.enable()


@dataclass
class Watch:
    """One piece of work under way in a thread."""

    what: str
    deadline: float
    expire: Callable[[], None]


class ThreadGuard(Guard):
    """Keeps the deadline of one thread's work; the engine asks `overdue` and gives the thread up.

    What a thread that was given up still returns doesn't count: it is never committed.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watch: Watch | None = None
        self._given_up = False

    @override
    @contextmanager
    def watch(
        self, what: str, limit_s: float, trace_file: str, expire: Callable[[], None]
    ) -> Iterator[Callable[[], bool]]:
        with self._lock:
            self._watch = Watch(what, time.monotonic() + limit_s, expire)
        try:
            yield self._alive
        finally:
            with self._lock:
                self._watch = None

    @property
    def given_up(self) -> bool:
        """Whether the engine has replaced this thread."""
        with self._lock:
            return self._given_up

    def _alive(self) -> bool:
        # From here on the work is finished: it can no longer run out of time while it is being committed.
        with self._lock:
            self._watch = None
            return not self._given_up

    def give_up_if_overdue(self) -> str | None:
        """If the work is past its deadline: record that, stop counting it, and return what it was."""
        with self._lock:
            if self._watch is None or time.monotonic() < self._watch.deadline:
                return None
            overdue, self._watch, self._given_up = self._watch, None, True
        overdue.expire()
        return overdue.what
