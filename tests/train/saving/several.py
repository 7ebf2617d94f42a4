"""Runs of the toy in two processes, one after another: `python -m tests.train.saving.several RUNS.json FOLDER`.

The trainer starts the second process with the same command. A run is `{"output", "groups", "resume", "max_steps", "signal", "full"}`. With
`signal` the second process alone gets one before the run's third step; with `full` its disk is full from there on.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import torch
from tests.train.toy import ToyData, toy_config

from cointeract_train.errors import TrainingError
from cointeract_train.processes import find_processes
from cointeract_train.progress import LineProgress
from cointeract_train.run import train


def run(folder: Path, number: int, one: dict[str, Any]) -> None:
    """One run; what it drew and how it ended is written down by each process."""
    config = toy_config(**one["groups"])
    processes = find_processes(config.hardware)
    data = ToyData(config, processes.data_rank, processes.data_ranks)
    third = 2 * config.data.accumulation(processes.data_ranks)
    if one.get("signal") and processes.rank == 1:
        data.train_dataloader().before[third] = lambda: os.kill(os.getpid(), signal.SIGUSR1)
    if one.get("full") and processes.rank == 1:
        data.train_dataloader().before[third] = _fill_the_disk
    flush = os.fsync
    try:
        result = train(
            config,
            folder / one["output"],
            LineProgress(),
            data=data,
            resume=one.get("resume"),
            max_steps=one.get("max_steps"),
        )
        end: dict[str, Any] = {"step": result.step, "interrupted": result.interrupted}
    except TrainingError as error:
        end = {"error": str(error)}
    os.fsync = flush
    (folder / f"{number}-{processes.rank}.json").write_text(json.dumps({**end, "given": data.given}))


def _fill_the_disk() -> None:
    """Of this process alone."""

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    os.fsync = full


def main() -> None:
    torch.set_num_threads(1)
    folder = Path(sys.argv[2])
    for number, one in enumerate(json.loads(Path(sys.argv[1]).read_text())):
        run(folder, number, one)


if __name__ == "__main__":
    main()
