"""Writing a model under the released names: the base as a Wan folder, and the rest as CoInteract's own file."""

from __future__ import annotations

import json
from pathlib import Path

from torch import Tensor

from cointeract_model.checkpoints import dimensions
from cointeract_model.checkpoints.errors import CheckpointError
from cointeract_model.checkpoints.names import ReleasedNames
from cointeract_model.checkpoints.parts import is_expert_part, is_hoi_part
from cointeract_model.checkpoints.released import SWITCHES_KEY
from cointeract_model.checkpoints.released_tensors import to_released
from cointeract_model.checkpoints.write import SHARD_BYTES, check_writable, write_file, write_shards
from cointeract_model.lora import is_lora, lora_config, lora_names
from cointeract_model.transformer import Transformer
from cointeract_shards.atomic import atomic_directory, atomic_file

BASE_STEM = "diffusion_pytorch_model"


def export_base(model: Transformer, folder: Path, *, shard_bytes: int = SHARD_BYTES, replace: bool = False) -> None:
    """Write what is Wan2.2-S2V's of a model, as a folder like the released one: 1,260 tensors of the 14B model.

    LoRA that is kept beside the weights is not in it (it is in `export_cointeract`'s file); merged LoRA is.

    Args:
        model: any.
        folder: to make.
        shard_bytes: limit of a file's tensors.
        replace: whether a folder that is there already is replaced.

    Raises:
        FileExistsError: the folder is there, and `replace` is false.
        CheckpointError: values that couldn't be loaded again.
    """
    names = ReleasedNames(model.config.audio_layers, experts=False)
    state = {names.to_released(name): tensor for name, tensor in model.state_dict().items() if not _is_own(name)}
    check_writable(state)
    settings = dimensions.wan_settings(model.config)
    with atomic_directory(folder, replace=replace) as temporary:
        (temporary / dimensions.SETTINGS).write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
        write_shards(temporary, state, BASE_STEM, shard_bytes)


def export_cointeract(model: Transformer, file: Path) -> None:
    """Write what CoInteract adds: kept LoRA, router and experts, HOI parts; one file under the released names.

    The model's switches are noted in the header, where released loaders don't look. Those also take LoRA at scale 1, so
    that another scale is multiplied into B.

    Args:
        model: with at least one of these parts.
        file: to write or replace.

    Raises:
        CheckpointError: there is nothing to write, or values couldn't be loaded again.
    """
    if file.suffix != ".safetensors":
        raise CheckpointError(f"{file} must end in .safetensors")
    names = ReleasedNames(model.config.audio_layers, experts=True)
    state = {to_released(names, name): _unscaled(model, name, tensor) for name, tensor in _own_tensors(model).items()}
    if not state:
        raise CheckpointError("the model is a base model without LoRA, experts and HOI parts; use export_base")
    check_writable(state)
    with atomic_file(file) as temporary:
        write_file(temporary, state, {SWITCHES_KEY: model.switches.model_dump_json()})


def _own_tensors(model: Transformer) -> dict[str, Tensor]:
    return {name: tensor for name, tensor in model.state_dict().items() if _is_own(name)}


def _is_own(name: str) -> bool:
    return is_lora(name) or is_expert_part(name) or is_hoi_part(name)


def _unscaled(model: Transformer, name: str, tensor: Tensor) -> Tensor:
    config = lora_config(model) if is_lora(name) else None
    if config is None or config.scale == 1 or name != lora_names(name.rpartition(".")[0])[1]:
        return tensor
    return tensor * config.scale
