"""The inspector as its users run it: a process of its own, which can be killed and started again."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

START_S = 60


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Inspector:
    """`cointeract inspect` over a data set, on a port that stays the same over restarts."""

    def __init__(self, dataset: Path, folder: Path, reviewers: Sequence[str] = ("ann",)) -> None:
        self.dataset = dataset
        self.reviewers = tuple(reviewers)
        self.port = free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.tokens: dict[str, str] = {}
        """Token by reviewer."""

    @property
    def base(self) -> str:
        """Address without a path."""
        return f"http://127.0.0.1:{self.port}"

    def url(self, path: str, reviewer: str) -> str:
        """Address of a page with a reviewer's token."""
        return f"{self.base}{path}{'&' if '?' in path else '?'}token={self.tokens[reviewer]}"

    @property
    def pid(self) -> int:
        """Process id of the running server."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> Inspector:
        """Start it, and wait until it says the tokens."""
        log = self._folder / "inspector.log"
        log.unlink(missing_ok=True)
        names = [part for name in self.reviewers for part in ("--reviewer", name)]
        command = [
            sys.executable,
            "-m",
            "cointeract",
            "inspect",
            str(self.dataset),
            "--port",
            str(self.port),
            "--no-open",
            *names,
        ]
        environment = os.environ | {"XDG_CACHE_HOME": str(self._folder / "cache"), "NO_COLOR": "1", "COLUMNS": "400"}
        with log.open("wb") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
        end = time.monotonic() + START_S
        while "Ctrl+C" not in log.read_text():
            if self._process.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"the inspector didn't start:\n{log.read_text()}")
            time.sleep(0.05)
        self.tokens = dict(re.findall(r"^\s*(\S+): http://\S+token=(\S+)", log.read_text(), re.MULTILINE))
        self._wait_for_port()
        return self

    def _wait_for_port(self) -> None:
        end = time.monotonic() + START_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)
            else:
                return

    def kill(self) -> None:
        """As a power cut would end it."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """As Ctrl+C ends it."""
        self._end(signal.SIGINT)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(timeout=30)
            self._process = None

    def log_of(self, reviewer: str) -> str:
        """The reviewer's decisions as they lie on the disk."""
        path = self.dataset / "reviews" / f"{reviewer}.jsonl"
        return path.read_text() if path.exists() else ""
