"""Reading tensors one after another into their place, refusing NaN and infinity, merging LoRA on the way."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from cointeract_model.checkpoints.errors import CheckpointError, listed
from cointeract_model.checkpoints.tensor_files import DTYPES, TensorFiles
from cointeract_model.lora import merged_weight


@dataclass(frozen=True, eq=False)
class LoraTensors:
    """Where the update of one weight is stored."""

    files: TensorFiles
    down: str
    up: str


class FiniteReader:
    """Reads tensors and remembers those with NaN or infinity, so that one error can name them all."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._broken: list[str] = []

    def read(self, files: TensorFiles, name: str, dtype: torch.dtype | None) -> Tensor:
        """A tensor on the device, in `dtype` or as stored."""
        return self._checked(files.read(name, self.device, dtype), name)

    def read_merged(
        self, files: TensorFiles, name: str, update: LoraTensors, scale: float, dtype: torch.dtype | None
    ) -> Tensor:
        """A weight with its LoRA added in float32 or wider, rounded once to `dtype` or to what it is stored as."""
        stored = DTYPES[files.tensors[name].dtype]
        wide = torch.promote_types(stored, torch.float32)
        weight = self.read(files, name, wide)
        down, up = (self.read(update.files, part, wide) for part in (update.down, update.up))
        return self._checked(merged_weight(weight, down, up, scale).to(dtype or stored), name)

    def _checked(self, tensor: Tensor, name: str) -> Tensor:
        # On the meta device there is nothing to look at: a process that is sent its share of the weights asks for shapes alone.
        if not tensor.is_meta and not is_finite(tensor) and name not in self._broken:
            self._broken.append(name)
        return tensor

    def finish(self, where: object) -> None:
        """Refuse what was read if any of it wasn't finite.

        Raises:
            CheckpointError: naming the tensors.
        """
        if self._broken:
            raise CheckpointError(
                f"{where}: {len(self._broken):,} tensors hold NaN or infinity, as stored or in the dtype asked for: "
                f"{listed(self._broken)}; fetch the files again, take an earlier checkpoint, or ask for a wider dtype"
            )


def is_finite(tensor: Tensor) -> bool:
    """Whether no value is NaN or infinite. Takes no memory of the tensor's size, as `isfinite` would."""
    low, high = tensor.aminmax()
    return bool(low.isfinite() & high.isfinite())
