"""Low-rank adaptation (LoRA, Hu et al. 2021) of the layers that the released recipe adapts.

These are the queries, keys, values and outputs of all attentions, audio injections included, and both layers of the
shared expert: 448 layers of Wan2.2-S2V-14B. A module of our own rather than the peft library's, which renames the weights
beneath it and wraps the model: here every other tensor keeps its name, so that checkpoints, sharding and the model's types
know nothing of LoRA.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn import functional

from cointeract_model.errors import ConfigurationError
from cointeract_model.feed_forward import SharedExpert
from cointeract_model.projections import AttentionProjections

LoraUse = Literal["merge", "keep"]
"""Whether LoRA of a checkpoint is added to the weights, in float32, or stays beside them to be trained on."""

RELEASED_RANK = 128
_DOWN, _UP = "lora_a", "lora_b"
_ATTENTION_LAYERS, _EXPERT_LAYERS = ("q", "k", "v", "o"), ("0", "2")


class LoraConfig(BaseModel):
    """How large the update is and how much it counts. Unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rank: int = Field(default=RELEASED_RANK, gt=0)
    """Columns of B and rows of A in the update `alpha / rank B A`. Released: 128."""
    alpha: float | None = Field(default=None, gt=0)
    """None is the rank, as released: the update counts once."""

    @property
    def scale(self) -> float:
        """`alpha / rank`."""
        return 1.0 if self.alpha is None else self.alpha / self.rank


class LoraLinear(nn.Linear):
    """A linear layer and its low-rank update. `weight` and `bias` are those of the layer it replaces.

    `lora_a` is (rank, inputs) and starts as a linear layer's weight does; `lora_b` is (outputs, rank) and starts at zero.
    """

    def __init__(self, layer: nn.Linear, config: LoraConfig, dtype: torch.dtype | None) -> None:
        super().__init__(layer.in_features, layer.out_features, bias=False, device="meta")
        self.weight, self.bias = layer.weight, layer.bias
        self.config = config
        device, dtype = layer.weight.device, dtype or layer.weight.dtype
        self.lora_a = nn.Parameter(torch.empty(config.rank, layer.in_features, device=device, dtype=dtype))
        self.lora_b = nn.Parameter(torch.zeros(layer.out_features, config.rank, device=device, dtype=dtype))
        nn.init.kaiming_uniform_(self.lora_a, a=math.sqrt(5))

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 -- the name in nn.Linear
        """(..., inputs) to (..., outputs); the update is computed in its own dtype, under autocast in that of autocast."""
        kind = input.device.type
        if torch.is_autocast_enabled(kind):
            # Once for all products with it, each of which would have a copy of its own made and kept.
            input = input.to(torch.get_autocast_dtype(kind))  # noqa: A001
            narrow = functional.linear(input, self.lora_a)
        else:
            narrow = functional.linear(input.to(self.lora_a.dtype), self.lora_a)
        update = functional.linear(narrow, self.lora_b) * self.config.scale
        out: Tensor = super().forward(input)
        return out + update.to(out.dtype)


@dataclass(frozen=True, eq=False)
class MergedLora:
    """An update that was added to the weights, from which `unmerge_lora` can take it again."""

    config: LoraConfig
    state: Mapping[str, Tensor]
    """As `lora_state` gives it."""


def lora_targets(model: nn.Module) -> dict[str, nn.Linear]:
    """The layers that LoRA adapts by their paths in the model."""
    targets = {}
    for path, module in model.named_modules():
        names: tuple[str, ...] = ()
        if isinstance(module, AttentionProjections):
            names = _ATTENTION_LAYERS
        elif isinstance(module, SharedExpert):
            names = _EXPERT_LAYERS
        for name in names:
            layer = module.get_submodule(name)
            assert isinstance(layer, nn.Linear)
            targets[f"{path}.{name}"] = layer
    return targets


def lora_config(model: nn.Module) -> LoraConfig | None:
    """Of a model with LoRA; None without."""
    return next((layer.config for layer in lora_targets(model).values() if isinstance(layer, LoraLinear)), None)


def add_lora(model: nn.Module, config: LoraConfig, *, dtype: torch.dtype | None = None) -> None:
    """Give every target an update, in place. The model's outputs don't change yet. Nothing is frozen.

    Args:
        model: without LoRA.
        config: rank and scale.
        dtype: of the update; None: as each layer's weight. Float32 keeps small steps that bfloat16 would round away.

    Raises:
        ConfigurationError: the model has LoRA already.
    """
    if lora_config(model) is not None:
        raise ConfigurationError("the model has LoRA already; merge it before another is added")
    for path, layer in lora_targets(model).items():
        _replace(model, path, LoraLinear(layer, config, dtype))


def lora_state(model: nn.Module) -> dict[str, Tensor]:
    """The updates alone, by our names: `<layer>.lora_a` and `<layer>.lora_b`. Empty without LoRA."""
    return {name: tensor for name, tensor in model.state_dict().items() if is_lora(name)}


def load_lora_state(model: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Copy updates into a model's.

    Raises:
        ConfigurationError: the names or shapes aren't those of the model's LoRA.
    """
    own = lora_state(model)
    wrong = sorted(own.keys() ^ state.keys()) or sorted(name for name in own if own[name].shape != state[name].shape)
    if wrong:
        raise ConfigurationError(
            f"LoRA of {len(state)} tensors doesn't fit the model's {len(own)}; names or shapes differ in {len(wrong)}, "
            f"the first {wrong[0]}"
        )
    model.load_state_dict(dict(state), strict=False)


@torch.no_grad()
def merge_lora(model: nn.Module) -> MergedLora:
    """Add the updates to the weights, in place, and leave plain layers.

    Raises:
        ConfigurationError: the model has no LoRA.
    """
    config = lora_config(model)
    if config is None:
        raise ConfigurationError("the model has no LoRA to merge")
    merged = MergedLora(config, lora_state(model))
    for path, layer in lora_targets(model).items():
        assert isinstance(layer, LoraLinear)
        layer.weight.copy_(merged_weight(layer.weight, layer.lora_a, layer.lora_b, config.scale))
        plain = nn.Linear(layer.in_features, layer.out_features, bias=False, device="meta")
        plain.weight, plain.bias = layer.weight, layer.bias
        _replace(model, path, plain)
    return merged


@torch.no_grad()
def unmerge_lora(model: nn.Module, merged: MergedLora) -> None:
    """Take an update off the weights, in place, and add it as LoRA again.

    The weights come back but for the rounding of two additions in their dtype; keep a copy where bits matter.

    Raises:
        ConfigurationError: the model has LoRA, or the update is another model's.
    """
    dtype = next(iter(merged.state.values())).dtype
    add_lora(model, merged.config, dtype=dtype)
    load_lora_state(model, merged.state)
    for layer in lora_targets(model).values():
        assert isinstance(layer, LoraLinear)
        layer.weight.copy_(merged_weight(layer.weight, layer.lora_a, layer.lora_b, -merged.config.scale))


def merged_weight(weight: Tensor, down: Tensor, up: Tensor, scale: float) -> Tensor:
    """`weight + scale up @ down` in the weight's dtype, computed in float32, or in float64 for such a weight.

    Args:
        weight: (outputs, inputs).
        down: (rank, inputs), A.
        up: (outputs, rank), B.
        scale: `alpha / rank`.
    """
    wide = torch.promote_types(weight.dtype, torch.float32)
    return torch.addmm(weight.to(wide), up.to(wide), down.to(wide), alpha=scale).to(weight.dtype)


def lora_names(layer: str) -> tuple[str, str]:
    """Names of the update's A and B of a layer."""
    return f"{layer}.{_DOWN}", f"{layer}.{_UP}"


def is_lora(name: str) -> bool:
    """Whether this is the name of an update rather than of a weight."""
    return name.endswith((f".{_DOWN}", f".{_UP}"))


def _replace(model: nn.Module, path: str, layer: nn.Linear) -> None:
    parent, _, name = path.rpartition(".")
    layer.train(model.training)
    model.get_submodule(parent).register_module(name, layer)
