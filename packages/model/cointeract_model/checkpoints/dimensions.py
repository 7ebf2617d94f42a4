"""Dimensions of a released checkpoint: most are told by its tensors' shapes, the rest by `config.json` or by custom."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cointeract_model.checkpoints.errors import CheckpointError
from cointeract_model.checkpoints.fit import Shape
from cointeract_model.config import AUDIO_WIDTH_DIVISOR, ModelConfig, wan_s2v_14b

SETTINGS = "config.json"
"""Beside the tensors in a Wan folder."""
DIM = "dim"
"""By which Wan's settings are told from another library's of the same file name."""
HEADS, AUDIO_LAYERS, EPS = "num_heads", "audio_inject_layers", "eps"
"""What shapes don't tell, as Wan's settings name it."""

WAN_HEAD_SIZE = 128
_BLOCK = re.compile(r"blocks\.(\d+)\.")
_INJECTION = re.compile(r"audio_injector\.injector\.(\d+)\.")
_EXPERT_MARKS, _HOI_MARK = (".ffn.router.", "_expert."), "depth_"


def read_settings(folder: Path) -> Mapping[str, Any]:
    """Wan's `config.json` of a folder; empty where there is none, or it is another library's.

    Raises:
        CheckpointError: it isn't a JSON object.
    """
    path = folder / SETTINGS
    if not path.is_file():
        return {}
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CheckpointError(
            f"{path} isn't JSON ({error}); fetch it again, or remove it to go by the tensors alone"
        ) from error
    if not isinstance(settings, dict):
        raise CheckpointError(
            f"{path} holds a {type(settings).__name__} and not settings; fetch it again, or remove it"
        )
    return settings if DIM in settings else {}


def has_experts(names: Mapping[str, object]) -> bool:
    """Whether released names include a router or experts."""
    return any(mark in name for name in names for mark in _EXPERT_MARKS)


def has_hoi(names: Mapping[str, object]) -> bool:
    """Whether released names include parts of the HOI stream."""
    return any(_HOI_MARK in name for name in names)


def released_dimensions(
    base: Mapping[str, Shape], parts: Mapping[str, Shape], settings: Mapping[str, Any], where: object
) -> ModelConfig:
    """Dimensions of the model that a whole checkpoint and CoInteract's own tensors make up.

    Args:
        base: shapes by released name.
        parts: the same of router, experts and HOI stream, wherever they are stored.
        settings: Wan's own, may be empty.
        where: the checkpoint, for messages.

    Raises:
        CheckpointError: a tensor that tells a dimension is missing, or what no tensor tells isn't known.
    """

    def size(name: str, axis: int, shapes: Mapping[str, Shape] = base) -> int:
        shape = shapes.get(name, ())
        if len(shape) <= axis:
            raise CheckpointError(
                f"{where}: the tensor {name} tells the model's dimensions and is "
                + (f"of shape {list(shape)}" if name in shapes else "missing; fetch the checkpoint again")
            )
        return shape[axis]

    hidden = size("patch_embedding.weight", 0)
    layers = _count(_BLOCK, base)
    first_layer = (
        "blocks.0.ffn.ffn_base.0.weight" if "blocks.0.ffn.ffn_base.0.weight" in base else "blocks.0.ffn.0.weight"
    )
    audio = "casual_audio_encoder.encoder.conv1_local.conv.weight"
    expert_size = router_size = None
    if has_experts(parts):
        expert_size = size("blocks.0.ffn.hand_expert.fc1.weight", 0, parts)
        router_size = size("blocks.0.ffn.router.0.weight", 0, parts)
    told = _custom(hidden, layers, _count(_INJECTION, base)) | dict(settings)
    if told.get(DIM, hidden) != hidden:
        raise CheckpointError(
            f"{where}: {SETTINGS} is of a model of {told[DIM]} features, and the tensors have {hidden}"
        )
    if untold := [name for name in (HEADS, AUDIO_LAYERS) if name not in told]:
        raise CheckpointError(
            f"{where}: its tensors don't tell {' and '.join(untold)}; put Wan's {SETTINGS} with them beside the tensors, or give "
            "a configuration"
        )
    values = {
        "hidden_size": hidden,
        "heads": told[HEADS],
        "feed_forward_size": size(first_layer, 0),
        "layers": layers,
        "audio_layers": told[AUDIO_LAYERS],
        "text_size": size("text_embedding.0.weight", 1),
        "audio_size": size(audio, 1),
        "audio_states": size("casual_audio_encoder.weights", 1),
        "audio_tokens": size(audio, 0) * AUDIO_WIDTH_DIVISOR // hidden,
        "timestep_size": size("time_embedding.0.weight", 1),
        "latent_channels": size("patch_embedding.weight", 1),
        "expert_size": expert_size,
        "router_size": None if router_size == hidden // 2 else router_size,
        "hoi": has_hoi(parts),
        "eps": told[EPS],
    }
    try:
        return ModelConfig.model_validate(values)
    except ValidationError as error:
        raise CheckpointError(f"{where}: its dimensions make no model: {error}") from error


def wan_settings(config: ModelConfig) -> dict[str, Any]:
    """`config.json` for the base model of these dimensions, with the options that Wan2.2-S2V-14B has."""
    return {
        "_class_name": "WanModel_S2V",
        "model_type": "s2v",
        DIM: config.hidden_size,
        HEADS: config.heads,
        "ffn_dim": config.feed_forward_size,
        "num_layers": config.layers,
        AUDIO_LAYERS: list(config.audio_layers),
        "audio_dim": config.audio_size,
        "num_audio_token": config.audio_tokens,
        "freq_dim": config.timestep_size,
        "in_dim": config.latent_channels,
        "out_dim": config.latent_channels,
        "cond_dim": config.latent_channels,
        EPS: config.eps,
        "enable_adain": True,
        "adain_mode": "attn_norm",
        "zero_timestep": True,
        "enable_motioner": False,
        "add_last_motion": True,
        "enable_framepack": True,
        "framepack_drop_mode": "padd",
    }


def settings_of(config: ModelConfig) -> dict[str, Any]:
    """What shapes don't tell of a model, as Wan's settings name it."""
    return {HEADS: config.heads, AUDIO_LAYERS: config.audio_layers, EPS: config.eps}


def _count(pattern: re.Pattern[str], names: Mapping[str, object]) -> int:
    return 1 + max((int(match[1]) for name in names if (match := pattern.match(name))), default=-1)


def _custom(hidden: int, layers: int, injections: int) -> dict[str, Any]:
    """What goes without saying for Wan models, as far as it does."""
    known: dict[str, Any] = {EPS: ModelConfig.model_fields["eps"].default}
    if hidden % WAN_HEAD_SIZE == 0:
        known[HEADS] = hidden // WAN_HEAD_SIZE
    stock = wan_s2v_14b()
    if (layers, injections) == (stock.layers, len(stock.audio_layers)):
        known[AUDIO_LAYERS] = stock.audio_layers
    return known
