"""Filling a model from released files: which tensor comes from which file, checked before any is read."""

from __future__ import annotations

import torch
from torch import Tensor

from cointeract_model.checkpoints.errors import CheckpointError, listed
from cointeract_model.checkpoints.fit import Shape
from cointeract_model.checkpoints.parts import HOI_TYPE, is_expert_part, is_hoi_part, rgb_counterpart
from cointeract_model.checkpoints.reading import FiniteReader, LoraTensors
from cointeract_model.checkpoints.released_tensors import ReleasedTensors
from cointeract_model.checkpoints.tensor_files import DTYPES
from cointeract_model.lora import is_lora, lora_names, lora_targets
from cointeract_model.transformer import Transformer

_WORKING_TENSOR = "blocks.0.self_attention.q.weight"
_HINT = "Was it written for other dimensions or switches, or by another version?"


class ReleasedSources:
    """A base checkpoint and, maybe, CoInteract's own tensors.

    Args:
        base: a whole checkpoint.
        own: LoRA, experts and HOI stream.
        audio_layers: of the model.

    Raises:
        CheckpointError: both hold a tensor, or one holds it twice.
    """

    def __init__(self, base: ReleasedTensors, own: ReleasedTensors | None, audio_layers: tuple[int, ...]) -> None:
        self._base, self._own, self._audio_layers = base, own, audio_layers
        self._in_base = base.by_our_names(audio_layers)
        self._in_own = {} if own is None else own.by_our_names(audio_layers)
        both = sorted(self._in_base.keys() & self._in_own.keys())
        if both and own is not None:
            raise CheckpointError(
                f"{base.files.path} and {own.files.path} both hold {len(both):,} tensors: "
                f"{listed([self._in_own[name] for name in both])}; CoInteract's own tensors belong in one of them"
            )

    def working_dtype(self) -> torch.dtype:
        """Of the base's layers, which what comes on top has too."""
        return DTYPES[self._base.files.tensors[self._in_base[_WORKING_TENSOR]].dtype]

    def check(self, model: Transformer, started: frozenset[str]) -> int | None:
        """Compare names, shapes and dtypes with a model's; gives the rank of the LoRA if there is one.

        Args:
            model: without LoRA.
            started: tensors that no file has to hold.

        Raises:
            CheckpointError: naming the tensors that don't fit.
        """
        expected = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items() if name not in started}
        own_expected: dict[str, Shape] = {}
        rank = None
        if self._own is not None:
            for is_part in (is_expert_part, is_hoi_part):
                if any(is_part(name) for name in self._in_own):
                    own_expected |= {name: shape for name, shape in expected.items() if is_part(name)}
            if self._own.has_lora():
                rank = self._rank()
                own_expected |= _lora_shapes(model, rank)
            self._own.check(own_expected, self._audio_layers, _HINT)
        in_base = {name: shape for name, shape in expected.items() if name not in own_expected}
        self._base.check(in_base, self._audio_layers, _HINT)
        return rank

    def fill(
        self,
        model: Transformer,
        started: frozenset[str],
        lora_scale: float,
        device: torch.device,
        dtype: torch.dtype | None,
    ) -> None:
        """Give every tensor of a model on the meta device its values, one after another; but for experts that start anew.

        Args:
            model: with LoRA if it is to be kept; otherwise that is merged.
            started: tensors that no file holds: HOI parts become copies of the RGB stream's.
            lora_scale: alpha / rank.
            device: where the values go.
            dtype: of all; None: as stored, and the working dtype for CoInteract's own.

        Raises:
            CheckpointError: naming tensors with NaN or infinity, or one that can't be read.
        """
        reader = FiniteReader(device)
        working = dtype or self.working_dtype()
        names = list(model.state_dict())
        keeps_lora = any(is_lora(name) for name in names)
        state: dict[str, Tensor] = {}
        for name in names:
            if name in started:
                if is_hoi_part(name):
                    state[name] = self._started_hoi(model, name, reader, working)
            elif self._own is not None and name in self._in_own:
                state[name] = reader.read(self._own.files, self._in_own[name], working)
            elif keeps_lora:
                state[name] = reader.read(self._base.files, self._in_base[name], dtype)
            else:
                state[name] = self._merged(name, reader, lora_scale, dtype)
        reader.finish(
            self._base.files.path if self._own is None else f"{self._base.files.path}, {self._own.files.path}"
        )
        model.load_state_dict(state, strict=False, assign=True)

    def _started_hoi(self, model: Transformer, name: str, reader: FiniteReader, dtype: torch.dtype) -> Tensor:
        if name == HOI_TYPE:
            return torch.zeros(model.get_parameter(name).shape, device=reader.device, dtype=dtype)
        return reader.read(self._base.files, self._in_base[rgb_counterpart(name)], dtype)

    def _merged(self, name: str, reader: FiniteReader, scale: float, dtype: torch.dtype | None) -> Tensor:
        stored = self._in_base[name]
        down, up = lora_names(name.removesuffix(".weight"))
        if self._own is None or not name.endswith(".weight") or down not in self._in_own:
            return reader.read(self._base.files, stored, dtype)
        update = LoraTensors(self._own.files, self._in_own[down], self._in_own[up])
        return reader.read_merged(self._base.files, stored, update, scale, dtype)

    def _rank(self) -> int:
        assert self._own is not None
        for name, stored in self._in_own.items():
            shape = self._own.files.tensors[stored].shape
            if name.endswith(".lora_a") and shape:
                return shape[0]
        raise CheckpointError(
            f"{self._own.files.path} holds LoRA tensors, but no lora_A of a layer of this model. {_HINT}"
        )


def _lora_shapes(model: Transformer, rank: int) -> dict[str, Shape]:
    shapes: dict[str, Shape] = {}
    for path, layer in lora_targets(model).items():
        down, up = lora_names(path)
        shapes |= {down: (rank, layer.in_features), up: (layer.out_features, rank)}
    return shapes
