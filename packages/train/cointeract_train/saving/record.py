"""What a state holds beside its tensors: small, and the same for all processes."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import torch
from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from cointeract_train.errors import DamagedStateError, ResumeError

RECORD = "run.json"
VERSION = 1


class Record(BaseModel):
    """Of a run after so many optimiser steps. What Lightning counts follows from these (`saving.loops`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = VERSION
    package_version: str = metadata.version("cointeract-train")
    torch_version: str = torch.__version__
    step: int
    settings: dict[str, JsonValue]
    """Those that decide what the run computes (`TrainConfig.deciding`)."""
    data_module: str
    """Class whose position `data` is."""
    data: dict[str, JsonValue]
    schedule: dict[str, JsonValue]
    """Of the learning rate."""
    window: list[list[float]]
    """Sums of the logging window that isn't full, of each process (`Figures.sums`)."""
    sharing: int = 1
    """Processes that shared a sample, each of which counted it."""

    def write(self, folder: Path) -> None:
        """Into the folder of a state."""
        (folder / RECORD).write_text(self.model_dump_json(indent=1) + "\n", encoding="utf-8")

    def window_of(self, rank: int, ranks: int, sharing: int) -> list[float]:
        """The sums that a process goes on with: its own, or where there are others, the first one has them all."""
        if (len(self.window), self.sharing) == (ranks, sharing):
            return self.window[rank]
        total = [sum(values) * sharing / self.sharing for values in zip(*self.window, strict=True)]
        return total if rank == 0 else [0.0] * len(total)


def read_record(folder: Path) -> Record:
    """The record of a state.

    Raises:
        DamagedStateError: it can't be read.
        ResumeError: it is of another version.
    """
    try:
        record = Record.model_validate_json((folder / RECORD).read_bytes())
    except (OSError, ValidationError) as error:
        raise DamagedStateError(f"{folder / RECORD} can't be read: {error}") from error
    if record.version != VERSION:
        raise ResumeError(
            f"{folder} is a state of version {record.version}, this package reads {VERSION}: go on with the package that wrote it "
            f"(cointeract-train {record.package_version})"
        )
    return record
