"""Runs of the toy in several processes: `python -m tests.train.several RUNS.json FOLDER`, by itself or under torchrun.

The trainer starts the other processes with the same command. Runs go one after another, to save their start.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from tests.train.toy import ToyData, toy_config

from cointeract_train.errors import TrainingError
from cointeract_train.processes import find_processes
from cointeract_train.progress import LineProgress
from cointeract_train.run import train

ERROR = "error.txt"


def run(groups: dict[str, Any], output: Path, bad_rank: int | None) -> None:
    """One run; with a rank, of which an example of the second step is NaN."""
    config = toy_config(**groups)
    processes = find_processes(config.hardware)
    data = ToyData(config, processes.data_rank, processes.data_ranks)
    if bad_rank == processes.rank:
        batch = data.batches[config.data.accumulation(processes.data_ranks)]
        batch[0] = replace(batch[0], target=batch[0].target * float("nan"))
    output.mkdir(parents=True, exist_ok=True)
    try:
        train(config, output, LineProgress(), data=data)
    except TrainingError as error:
        (output / ERROR).write_text(str(error))


def main() -> None:
    torch.set_num_threads(1)
    runs, folder = json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2])
    for name, one in runs.items():
        run(one["groups"], folder / name, one.get("bad_rank"))


if __name__ == "__main__":
    main()
