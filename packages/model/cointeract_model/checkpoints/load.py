"""One way in: loads a model from whatever kind of checkpoint a path holds."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import torch

from cointeract_model.checkpoints import dimensions
from cointeract_model.checkpoints.errors import CheckpointError, listed
from cointeract_model.checkpoints.foreign import foreign_model
from cointeract_model.checkpoints.released import load_released
from cointeract_model.checkpoints.released_tensors import ReleasedTensors
from cointeract_model.checkpoints.saved import DESCRIPTION, load_saved
from cointeract_model.config import ModelConfig
from cointeract_model.lora import LoraUse
from cointeract_model.switches import Switches
from cointeract_model.transformer import Transformer

_WHOLE_MARK = "patch_embedding.weight"


class CheckpointKind(StrEnum):
    """What a path holds."""

    SAVED = "saved"
    """A folder that `save_model` wrote."""
    BASE = "base"
    """Whole weights under the released names: Wan2.2-S2V, with or without experts and HOI stream."""
    COINTERACT = "cointeract"
    """LoRA, experts or HOI stream, which need a base."""


def kind_of(path: Path) -> CheckpointKind:
    """What kind of checkpoint a file or folder is; only headers are read.

    Raises:
        CheckpointError: files that can't be read, or another model's.
    """
    if (path / DESCRIPTION).is_file():
        return CheckpointKind.SAVED
    tensors = ReleasedTensors.open(path)
    names = tensors.bare
    if foreign := foreign_model(names):
        raise CheckpointError(f"{path} isn't Wan2.2-S2V-14B, nor CoInteract's; it is {foreign}")
    if _WHOLE_MARK in names:
        return CheckpointKind.BASE
    if tensors.has_lora() or dimensions.has_experts(names) or dimensions.has_hoi(names):
        return CheckpointKind.COINTERACT
    raise CheckpointError(
        f"{path} is no checkpoint that is known here; its {len(names):,} tensors are {listed(sorted(names))}"
    )


def load_model(
    path: Path,
    *,
    base: Path | None = None,
    switches: Switches | None = None,
    config: ModelConfig | None = None,
    lora: LoraUse = "merge",
    device: torch.device | str = "cpu",
    dtype: torch.dtype | None = None,
) -> Transformer:
    """A model from a folder of ours, a Wan2.2-S2V folder or file, or a CoInteract checkpoint on top of a base.

    Args:
        path: the checkpoint.
        base: the Wan2.2-S2V folder or file that a CoInteract checkpoint goes on top of.
        switches: None: the checkpoint's own; a released file notes none, which means the preset `release`.
        config: what the model must be; None: whatever it is.
        lora: whether LoRA is merged into the weights or kept.
        device: where the weights go.
        dtype: of all weights; None: as stored, and for CoInteract's own tensors that of the base's layers.

    Raises:
        CheckpointError: files that are damaged, incomplete, another model's or of another configuration.
    """
    kind = kind_of(path)
    if kind is CheckpointKind.COINTERACT:
        if base is None:
            raise CheckpointError(
                f"{path} holds CoInteract's own tensors alone; name the Wan2.2-S2V-14B folder as its base"
            )
        if (base_kind := kind_of(base)) is not CheckpointKind.BASE:
            raise CheckpointError(
                f"the base {base} is a checkpoint of the kind {base_kind}; expected is Wan2.2-S2V-14B"
            )
        return load_released(base, path, switches=switches, config=config, lora=lora, device=device, dtype=dtype)
    if base is not None:
        raise CheckpointError(f"{path} holds a whole model; it takes no base, and {base} was given")
    if kind is CheckpointKind.SAVED:
        return load_saved(path, switches=switches, config=config, lora=lora, device=device, dtype=dtype)
    return load_released(path, switches=switches, config=config, lora=lora, device=device, dtype=dtype)
