"""Our own checkpoints: a folder with dimensions and switches as JSON, and the tensors under our names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict, ValidationError
from torch import Tensor

from cointeract_model.checkpoints.agreement import agreed_switches, differences
from cointeract_model.checkpoints.errors import CheckpointError
from cointeract_model.checkpoints.fit import check_tensors
from cointeract_model.checkpoints.reading import FiniteReader, LoraTensors
from cointeract_model.checkpoints.tensor_files import TensorFiles
from cointeract_model.checkpoints.write import SHARD_BYTES, check_writable, write_shards
from cointeract_model.config import ModelConfig
from cointeract_model.lora import LoraConfig, LoraUse, add_lora, lora_config, lora_names
from cointeract_model.switches import Switches
from cointeract_model.transformer import Transformer
from cointeract_shards.atomic import atomic_directory

DESCRIPTION = "checkpoint.json"
FORMAT: Literal["cointeract-model"] = "cointeract-model"
VERSION = 1
_STEM, _PACKAGE = "model", "cointeract-model"


class Description(BaseModel):
    """What `checkpoint.json` says. Unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["cointeract-model"] = FORMAT
    version: int = VERSION
    """Of the format; raised when an older reader would misread."""
    package_version: str
    """Of the package that wrote it; for people."""
    config: ModelConfig
    switches: Switches
    lora: LoraConfig | None
    """Of the updates that lie beside the weights; None without."""


def save_model(
    model: Transformer,
    folder: Path,
    *,
    state: Mapping[str, Tensor] | None = None,
    shard_bytes: int = SHARD_BYTES,
    replace: bool = False,
) -> None:
    """Write a model so that the folder appears whole or not at all.

    Args:
        model: on any device, with or without LoRA.
        folder: to make; its parents are made too.
        state: values to write in place of the model's, such as moving averages, or shards that were gathered.
        shard_bytes: limit of a file's tensors.
        replace: whether a folder that is there already is replaced.

    Raises:
        FileExistsError: the folder is there, and `replace` is false.
        CheckpointError: values that couldn't be loaded again, or a `state` of other names or shapes than the model's.
    """
    own = model.state_dict()
    values = own if state is None else state
    wrong = sorted(own.keys() ^ values.keys()) or sorted(name for name in own if own[name].shape != values[name].shape)
    if wrong:
        raise CheckpointError(
            f"the state to save isn't this model's: {len(wrong)} names or shapes differ, the first is {wrong[0]}"
        )
    check_writable(values)
    description = Description(
        package_version=version(_PACKAGE), config=model.config, switches=model.switches, lora=lora_config(model)
    )
    with atomic_directory(folder, replace=replace) as temporary:
        (temporary / DESCRIPTION).write_text(description.model_dump_json(indent=2) + "\n", encoding="utf-8")
        write_shards(temporary, values, _STEM, shard_bytes)


def load_saved(
    folder: Path,
    *,
    config: ModelConfig | None = None,
    switches: Switches | None = None,
    lora: LoraUse = "keep",
    device: torch.device | str = "cpu",
    dtype: torch.dtype | None = None,
) -> Transformer:
    """A model that `save_model` wrote.

    Args:
        folder: of the checkpoint.
        config: what the model must be; None: whatever it is.
        switches: to use; those of the forward pass must be the checkpoint's. None: the checkpoint's.
        lora: whether LoRA is kept or merged.
        device: where the weights go.
        dtype: of all weights; None: as saved, to the bit.

    Raises:
        CheckpointError: files that are damaged or incomplete, of a newer version, or another configuration, told field by
            field.
    """
    description = read_description(folder)
    if config is not None and (differing := differences(config, description.config, ModelConfig.model_fields)):
        raise CheckpointError(f"{folder} is a model of other dimensions: {'; '.join(differing)}")
    chosen = agreed_switches(switches, description.switches, folder)
    files = TensorFiles.open(folder)
    with torch.device("meta"):
        model = Transformer(description.config, chosen)
        if description.lora is not None:
            add_lora(model, description.lora)
    expected = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    check_tensors(expected, files.tensors, folder, hint="Copy it again, or take another checkpoint")
    if description.lora is not None and lora == "merge":
        with torch.device("meta"):
            model = Transformer(description.config, chosen)
    scale = 1.0 if description.lora is None else description.lora.scale
    model.load_state_dict(_read(model, files, scale, torch.device(device), dtype), assign=True)
    return model.eval()


def _read(
    model: Transformer, files: TensorFiles, scale: float, device: torch.device, dtype: torch.dtype | None
) -> dict[str, Tensor]:
    """A model's tensors; LoRA that is in the files and not in the model is merged."""
    reader, names = FiniteReader(device), model.state_dict().keys()
    state = {}
    for name in names:
        down, up = lora_names(name.removesuffix(".weight"))
        if name.endswith(".weight") and down in files.tensors and down not in names:
            state[name] = reader.read_merged(files, name, LoraTensors(files, down, up), scale, dtype)
        else:
            state[name] = reader.read(files, name, dtype)
    reader.finish(files.path)
    return state


def read_description(folder: Path) -> Description:
    """What a folder's `checkpoint.json` says.

    Raises:
        CheckpointError: it is missing, damaged, of a newer version, or of something else.
    """
    path = folder / DESCRIPTION
    try:
        text = path.read_text(encoding="utf-8")
        values = json.loads(text)
        found = (values["format"], values["version"])
    except OSError as error:
        raise CheckpointError(
            f"{path} can't be read ({error}); a checkpoint of ours is a folder that holds it"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{path} doesn't describe a checkpoint of ours ({error!r}); copy it again") from error
    if found[0] != FORMAT or not isinstance(found[1], int):
        raise CheckpointError(f"{path} is of the format {found[0]!r}, version {found[1]!r}; expected is {FORMAT!r}")
    if found[1] > VERSION:
        raise CheckpointError(
            f"{path} is of version {found[1]}, and this package reads up to {VERSION}; install a newer one"
        )
    try:
        return Description.model_validate_json(text)
    except ValidationError as error:
        raise CheckpointError(f"{path} doesn't describe a model that is known here: {error}") from error
