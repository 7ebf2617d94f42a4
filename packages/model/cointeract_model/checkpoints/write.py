"""Writing tensors into numbered safetensors files of limited size, with an index."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor
from torch.distributed.tensor import DTensor

from cointeract_model.checkpoints.errors import CheckpointError, listed
from cointeract_model.checkpoints.find import INDEX_SUFFIX, SUFFIX
from cointeract_model.checkpoints.reading import is_finite
from cointeract_model.checkpoints.tensor_files import DTYPES

SHARD_BYTES = 5 * 2**30
"""Size of a file unless told."""

_METADATA = {"format": "pt"}


def check_writable(state: Mapping[str, Tensor]) -> None:
    """Refuse what couldn't be loaded again.

    Raises:
        CheckpointError: naming tensors that are shared among processes, have no values or another dtype, or hold NaN or
            infinity.
    """
    for what, wrong in (
        (
            "are shares of a process group: gather them with `full_tensor`, and give `save_model` the result as `state`",
            lambda tensor: isinstance(tensor, DTensor),
        ),
        ("have no values (they are on the meta device)", lambda tensor: tensor.is_meta),
        ("aren't floating-point weights", lambda tensor: tensor.dtype not in DTYPES.values()),
        ("hold NaN or infinity: take the weights of an earlier step", lambda tensor: not is_finite(tensor)),
    ):
        if names := [name for name, tensor in state.items() if wrong(tensor)]:
            raise CheckpointError(f"{len(names):,} tensors {what}: {listed(names)}")


def write_shards(folder: Path, state: Mapping[str, Tensor], stem: str, shard_bytes: int) -> None:
    """Write `<stem>-00001-of-00004.safetensors` and so on, and `<stem>.safetensors.index.json`.

    Args:
        folder: that is there.
        state: tensors by name, on any device; they are written in this order.
        stem: of the files' names.
        shard_bytes: limit of a file's tensors. A larger tensor has a file of its own.
    """
    shards = _split(state, shard_bytes)
    weight_map: dict[str, str] = {}
    for number, names in enumerate(shards, start=1):
        file = f"{stem}-{number:05d}-of-{len(shards):05d}{SUFFIX}"
        write_file(folder / file, {name: state[name] for name in names}, {})
        weight_map |= dict.fromkeys(names, file)
    index = {"metadata": {"total_size": sum(map(_bytes, state.values()))}, "weight_map": weight_map}
    (folder / f"{stem}{INDEX_SUFFIX}").write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")


def write_file(path: Path, state: Mapping[str, Tensor], notes: Mapping[str, str]) -> None:
    """Write one file, with notes in its header."""
    tensors = {name: tensor.detach().to("cpu").contiguous() for name, tensor in state.items()}
    save_file(tensors, path, {**_METADATA, **notes})


def _split(state: Mapping[str, Tensor], limit: int) -> list[list[str]]:
    shards: list[list[str]] = []
    size = 0
    for name, tensor in state.items():
        if not shards or size + _bytes(tensor) > limit:
            shards.append([])
            size = 0
        shards[-1].append(name)
        size += _bytes(tensor)
    return shards


def _bytes(tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size()
