"""Looks into saved states, without the code that made them."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.distributed.checkpoint.filesystem import FileSystemReader
from torch.distributed.checkpoint.state_dict_loader import load


def tensors_in(state: Path) -> dict[str, Tensor]:
    """All tensors of a state, whole, by name."""
    stored = FileSystemReader(state / "tensors").read_metadata().state_dict_metadata
    tensors = {name: torch.empty(one.size, dtype=one.properties.dtype) for name, one in stored.items()}  # type: ignore[union-attr]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        load(tensors, storage_reader=FileSystemReader(state / "tensors"))
    return tensors


def trained_in(state: Path) -> dict[str, Tensor]:
    """Those of the training module: the model's, and its averages."""
    return {name.removeprefix("module."): one for name, one in tensors_in(state).items() if name.startswith("module.")}


def record_in(state: Path) -> dict[str, Any]:
    """What lies beside the tensors."""
    record: dict[str, Any] = json.loads((state / "run.json").read_text())
    return record


def assert_equal(one: Path, other: Path) -> None:
    """Two states are the same to the bit: tensors, position, schedule, sums."""
    first, second = tensors_in(one), tensors_in(other)
    assert first.keys() == second.keys()
    for name, tensor in first.items():
        assert torch.equal(tensor, second[name]), name
    assert record_in(one) == record_in(other)
