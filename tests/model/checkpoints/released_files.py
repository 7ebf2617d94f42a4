"""Small released checkpoints, written as the released code and its users write them, by other means than the exporter."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from cointeract_model.checkpoints.names import to_released
from cointeract_model.config import tiny
from cointeract_model.transformer import Transformer

BASE = tiny(expert_size=None, hoi=False)
WHOLE = tiny()
RANK = 3
SETTINGS = {"dim": 48, "num_heads": 4, "audio_inject_layers": [0, 2], "eps": 1e-6}
OWN_MARKS = ("ffn.router.", "_expert.", "depth_")
LORA_LAYERS = [
    *(f"blocks.{block}.{kind}_attn.{layer}" for block in range(3) for kind in ("self", "cross") for layer in "qkvo"),
    *(f"blocks.{block}.ffn.ffn_base.{layer}" for block in range(3) for layer in (0, 2)),
    *(f"audio_injector.injector.{number}.{layer}" for number in range(2) for layer in "qkvo"),
]


def released_state(model: Transformer) -> dict[str, Tensor]:
    """A model's tensors under their released names."""
    return to_released(model.state_dict(), model.config.audio_layers)


def base_state(model: Transformer) -> dict[str, Tensor]:
    """Those of the base alone, named as without experts."""
    return {
        name.replace(".ffn_base.", "."): tensor
        for name, tensor in released_state(model).items()
        if not any(mark in name for mark in OWN_MARKS)
    }


def own_state(model: Transformer) -> dict[str, Tensor]:
    """Those of router, experts and HOI stream."""
    return {name: tensor for name, tensor in released_state(model).items() if any(mark in name for mark in OWN_MARKS)}


def lora(
    base: Mapping[str, Tensor], *, default: bool = True, older: bool = False, dtype: torch.dtype = torch.float32
) -> dict[str, Tensor]:
    """Random LoRA of every layer that the released recipe adapts.

    Args:
        base: its weights, named as without experts.
        default: whether names have `.default`.
        older: whether the feed-forward network is named as before there were experts.
        dtype: of the tensors.
    """
    generator = torch.Generator().manual_seed(5)
    state = {}
    for layer in LORA_LAYERS:
        outputs, inputs = base[f"{layer.replace('.ffn_base.', '.')}.weight"].shape
        name = layer.replace(".ffn_base.", ".") if older else layer
        for part, shape in (("A", (RANK, inputs)), ("B", (outputs, RANK))):
            stored = f"{name}.lora_{part}{'.default' if default else ''}.weight"
            state[stored] = (torch.randn(shape, generator=generator) * 0.2).to(dtype)
    return state


def write_base(
    folder: Path, state: Mapping[str, Tensor], *, shards: int = 4, index: bool = True, settings: bool = True
) -> Path:
    """A Wan folder. With one shard it is a single file."""
    folder.mkdir(parents=True)
    names, weight_map = list(state), {}
    for number in range(shards):
        file = "diffusion_pytorch_model" + (f"-{number + 1:05d}-of-{shards:05d}" if shards > 1 else "") + ".safetensors"
        part = {name: state[name].contiguous() for name in names[number::shards]}
        save_file(part, folder / file)
        weight_map |= dict.fromkeys(part, file)
    if index:
        content = {"metadata": {}, "weight_map": weight_map}
        (folder / "diffusion_pytorch_model.safetensors.index.json").write_text(json.dumps(content))
    if settings:
        (folder / "config.json").write_text(json.dumps(SETTINGS))
    return folder


def rewrite(file: Path, change: Mapping[str, Tensor | None]) -> None:
    """Replace, add or (None) remove tensors of a file."""
    state = load_file(file) | {name: tensor for name, tensor in change.items() if tensor is not None}
    save_file({name: tensor for name, tensor in state.items() if change.get(name, tensor) is not None}, file)


def assert_same(left: Mapping[str, Tensor], right: Mapping[str, Tensor]) -> None:
    """Equal names, dtypes and bits."""
    assert left.keys() == right.keys()
    for name, tensor in left.items():
        other = right[name]
        assert tensor.dtype == other.dtype, name
        assert torch.equal(tensor.cpu().view(torch.uint8), other.cpu().view(torch.uint8)), name
