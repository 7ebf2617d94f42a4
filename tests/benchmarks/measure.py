"""Running a command and measuring it: wall seconds, and the memory of all its processes together."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

POLL_S = 0.5  # reading the sizes of large processes takes milliseconds each
MIB = 1024**2


@dataclass(frozen=True)
class Measured:
    """``peak_mib`` is the highest sum of proportional set sizes over the process tree, so shared pages count once."""

    seconds: float
    peak_mib: float


def measure(*commands: Sequence[str], log: Path) -> Measured:
    """Run commands side by side and wait for all. Raises `RuntimeError` with the end of the log if one fails."""
    begun = time.monotonic()
    with log.open("w") as output:
        processes = [subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT) for command in commands]
        peak = [0.0]
        done = threading.Event()
        watcher = threading.Thread(target=_watch, args=([process.pid for process in processes], peak, done))
        watcher.start()
        codes = [process.wait() for process in processes]
        seconds = time.monotonic() - begun
        done.set()
        watcher.join()
    if any(codes):
        raise RuntimeError(f"exit codes {codes}: {log.read_text()[-2000:]}")
    return Measured(seconds, peak[0])


def _watch(roots: list[int], peak: list[float], done: threading.Event) -> None:
    while not done.wait(POLL_S):
        total = 0
        for root in roots:
            try:
                tree = [psutil.Process(root)]
                tree += tree[0].children(recursive=True)
            except psutil.Error:
                continue
            for process in tree:
                total += _proportional(process.pid)
        peak[0] = max(peak[0], total / MIB)


def _proportional(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        return 0
    return 0
