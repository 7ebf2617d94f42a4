"""Tensors in safetensors files, read one at a time: their names and shapes first, and no more memory than one needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from cointeract_model.checkpoints.errors import CheckpointError, listed
from cointeract_model.checkpoints.find import find_files

DTYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
"""Dtypes of weights, by their names in the format. Integers and 8-bit floats would need scales that no file has here."""

_GIT_LFS_POINTER = b"version https://git-lfs"


@dataclass(frozen=True)
class StoredTensor:
    """A tensor in a file."""

    file: Path
    shape: tuple[int, ...]
    dtype: str
    """As the format names it, such as `BF16`."""


class TensorFiles:
    """The tensors of one checkpoint by name.

    A file is mapped anew for each tensor: pages that were read count for a process as long as a mapping lives, and a
    mapping of a whole shard would add its size to the weights'.
    """

    def __init__(self, path: Path, tensors: Mapping[str, StoredTensor], metadata: Mapping[str, str]) -> None:
        self.path = path
        self.tensors = tensors
        self.metadata = metadata
        """Text that the files' headers hold beside the tensors."""

    @classmethod
    def open(cls, path: Path) -> TensorFiles:
        """Read the headers of a `.safetensors` file, or of a folder's.

        Raises:
            CheckpointError: no such files, one is cut short or damaged, or two hold a tensor of one name.
        """
        tensors: dict[str, StoredTensor] = {}
        metadata: dict[str, str] = {}
        for file in find_files(path):
            own, own_metadata = _header(file)
            if twice := sorted(tensors.keys() & own.keys()):
                raise CheckpointError(
                    f"{file} and {tensors[twice[0]].file.name} hold tensors of the same names: {listed(twice)}; remove one of "
                    "the files"
                )
            tensors |= own
            metadata |= own_metadata
        return cls(path, tensors, metadata)

    def read(self, name: str, device: torch.device, dtype: torch.dtype | None = None) -> Tensor:
        """One tensor, in memory of its own.

        Args:
            name: of a tensor that is there.
            device: where to put it.
            dtype: of the result; None: as stored.

        Raises:
            CheckpointError: the file changed or can't be read any more.
        """
        stored = self.tensors[name]
        try:
            with safe_open(stored.file, framework="pt") as file:
                mapped: Tensor = file.get_tensor(name)
        except (SafetensorError, OSError) as error:
            raise CheckpointError(f"{name} of {stored.file} can't be read: {error}") from error
        return mapped.to(device, dtype or mapped.dtype, copy=True)


def _header(path: Path) -> tuple[dict[str, StoredTensor], dict[str, str]]:
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {}
            for name in file.keys():  # noqa: SIM118 -- the file isn't a mapping
                part = file.get_slice(name)
                tensors[name] = StoredTensor(path, tuple(part.get_shape()), part.get_dtype())
            return tensors, dict(file.metadata() or {})
    except (SafetensorError, OSError) as error:
        with path.open("rb") as content:
            if content.read(len(_GIT_LFS_POINTER)) == _GIT_LFS_POINTER:
                raise CheckpointError(
                    f"{path} is a Git LFS pointer and not the weights; fetch them with `git lfs pull`"
                ) from error
        raise CheckpointError(
            f"{path} ({path.stat().st_size:,} bytes) isn't a whole safetensors file ({error}); it was cut short or damaged: "
            "fetch it again"
        ) from error
