"""Names of tensors: ours, and those of the released checkpoints (Wan2.2-S2V-14B and CoInteract). Pure; no tensor is read.

The released names without a mixture of experts are `blocks.N.ffn.0` and `.2`; with one, `blocks.N.ffn.ffn_base.0`.
Ours are the same in both cases. The paper's base expert has no released name; it is exported as `base_expert`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TypeVar

from cointeract_model.errors import TensorNameError

Value = TypeVar("Value")

_PREFIXES = {
    "patch_embedding": "patch_embedding",
    "pose_embedding": "cond_encoder",
    "type_embedding": "trainable_cond_mask",
    "motion_packer.near": "frame_packer.proj",
    "motion_packer.middle": "frame_packer.proj_2x",
    "motion_packer.far": "frame_packer.proj_4x",
    "text_embedding": "text_embedding",
    "timestep_embedding.embedding": "time_embedding",
    "timestep_embedding.projection": "time_projection",
    "audio_encoder.state_weights": "casual_audio_encoder.weights",
    "audio_encoder.local_conv": "casual_audio_encoder.encoder.conv1_local",
    "audio_encoder.pooled_conv": "casual_audio_encoder.encoder.conv1_global",
    "audio_encoder.middle_conv": "casual_audio_encoder.encoder.conv2",
    "audio_encoder.last_conv": "casual_audio_encoder.encoder.conv3",
    "audio_encoder.pooled_projection": "casual_audio_encoder.encoder.final_linear",
    "audio_encoder.padding_token": "casual_audio_encoder.encoder.padding_tokens",
    "head.modulation": "head.modulation",
    "head.projection": "head.head",
    "hoi_patch_embedding": "depth_patch_embedding",
    "hoi_type_embedding": "depth_cond_mask",
    "hoi_head.modulation": "depth_head.modulation",
    "hoi_head.projection": "depth_head.head",
}
"""Our prefix to the released one, for what lies outside the blocks and the audio injections."""

_BLOCK_PREFIXES = {
    "modulation": "modulation",
    "hoi_modulation": "depth_modulation",
    "self_attention": "self_attn",
    "cross_norm": "norm3",
    "cross_attention": "cross_attn",
    "feed_forward.router": "ffn.router",
    "feed_forward.experts.hand": "ffn.hand_expert",
    "feed_forward.experts.head": "ffn.face_expert",
    "feed_forward.experts.base": "ffn.base_expert",
}
"""The same within `blocks.N.`, but for the shared expert."""

_SHARED = "feed_forward.shared"
_MIXED_SHARED, _PLAIN_SHARED = "ffn.ffn_base", "ffn"

_OUR_INJECTION = re.compile(r"audio_injections\.(\d+)\.(attention|modulation)\.(.+)")
_RELEASED_INJECTION = re.compile(r"audio_injector\.injector\.(\d+)\.(.+)")
_RELEASED_INJECTION_NORM = re.compile(r"audio_injector\.injector_adain_layers\.(\d+)\.linear\.(.+)")
_BLOCK = re.compile(r"blocks\.(\d+)\.(.+)")
_RELEASED_PLAIN_SHARED = re.compile(r"ffn\.([02])\.(.+)")


class ReleasedNames:
    """Translates names of a model with these audio layers.

    Args:
        audio_layers: blocks after which audio is injected; the released names number the injections instead.
        experts: whether released names are those of a model with a mixture of experts.
    """

    def __init__(self, audio_layers: Iterable[int], *, experts: bool) -> None:
        self._layers = tuple(audio_layers)
        self._experts = experts

    def to_released(self, name: str) -> str:
        """The released name of one of our tensors.

        Raises:
            TensorNameError: no such tensor.
        """
        if match := _OUR_INJECTION.fullmatch(name):
            number = self._number_of(int(match[1]), name)
            if match[2] == "attention":
                return f"audio_injector.injector.{number}.{match[3]}"
            return f"audio_injector.injector_adain_layers.{number}.linear.{match[3]}"
        if match := _BLOCK.fullmatch(name):
            shared = _MIXED_SHARED if self._experts else _PLAIN_SHARED
            return f"blocks.{match[1]}.{_swapped(match[2], {**_BLOCK_PREFIXES, _SHARED: shared}, name)}"
        return _swapped(name, _PREFIXES, name)

    def from_released(self, name: str) -> str:
        """Our name of a released tensor; the feed-forward network's is known with and without `ffn_base`.

        Raises:
            TensorNameError: no such tensor.
        """
        for pattern, part in ((_RELEASED_INJECTION, "attention"), (_RELEASED_INJECTION_NORM, "modulation")):
            if match := pattern.fullmatch(name):
                return f"audio_injections.{self._layer_of(int(match[1]), name)}.{part}.{match[2]}"
        if match := _BLOCK.fullmatch(name):
            inner = _RELEASED_PLAIN_SHARED.sub(rf"{_MIXED_SHARED}.\1.\2", match[2])
            ours = {released: own for own, released in _BLOCK_PREFIXES.items()} | {_MIXED_SHARED: _SHARED}
            return f"blocks.{match[1]}.{_swapped(inner, ours, name)}"
        return _swapped(name, {released: own for own, released in _PREFIXES.items()}, name)

    def _number_of(self, layer: int, name: str) -> int:
        if layer not in self._layers:
            raise TensorNameError(f"{name!r}: audio is injected after the blocks {self._layers}, not {layer}")
        return self._layers.index(layer)

    def _layer_of(self, number: int, name: str) -> int:
        if number >= len(self._layers):
            raise TensorNameError(f"{name!r}: there are {len(self._layers)} audio injections, after {self._layers}")
        return self._layers[number]


def to_released(state: Mapping[str, Value], audio_layers: Iterable[int]) -> dict[str, Value]:
    """A state dict under its released names; with `ffn_base` where it has a router.

    Raises:
        TensorNameError: a name that belongs to no part of the model.
    """
    names = ReleasedNames(audio_layers, experts=any(".feed_forward.router." in name for name in state))
    return {names.to_released(name): value for name, value in state.items()}


def from_released(state: Mapping[str, Value], audio_layers: Iterable[int]) -> dict[str, Value]:
    """A state dict of released names under ours.

    Raises:
        TensorNameError: a name that belongs to no part of the model.
    """
    names = ReleasedNames(audio_layers, experts=False)
    return {names.from_released(name): value for name, value in state.items()}


def _swapped(name: str, prefixes: Mapping[str, str], whole: str) -> str:
    for prefix in sorted(prefixes, key=len, reverse=True):
        if name == prefix or name.startswith(f"{prefix}."):
            return prefixes[prefix] + name[len(prefix) :]
    raise TensorNameError(f"{whole!r} is the name of no tensor of this model: is the checkpoint of another one?")
