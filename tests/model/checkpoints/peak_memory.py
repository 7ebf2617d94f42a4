"""Loads a checkpoint, or none, in a process of its own, and prints the most memory that the process ever held, in bytes.

`python -m tests.model.checkpoints.peak_memory CONFIG [PATH [BASE]]`
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import torch

from cointeract_model.checkpoints.load import load_model
from cointeract_model.config import ModelConfig
from cointeract_model.switches import release
from cointeract_model.transformer import Transformer

KIBIBYTE = 1024
STATUS = Path("/proc/self/status")
"""Its peak starts anew with each program, where that of `getrusage` begins with the parent's."""


def peak() -> int:
    """Bytes."""
    match = re.search(r"VmHWM:\s+(\d+) kB", STATUS.read_text())
    assert match is not None
    return int(match[1]) * KIBIBYTE


def main(config: str, path: str | None = None, base: str | None = None) -> None:
    """Without a path: what a process takes that has everything imported, and a model without weights."""
    torch.set_num_threads(1)
    wanted = ModelConfig.model_validate_json(config)
    if path is None:
        with torch.device("meta"):
            model = Transformer(wanted, release())
    else:
        model = load_model(Path(path), base=None if base is None else Path(base), config=wanted)
        assert not any(parameter.is_meta for parameter in model.parameters())
    sys.stdout.write(f"{peak()}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
