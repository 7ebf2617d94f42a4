"""The tensors of a released checkpoint under our names, whatever prefixes and spellings the file has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cointeract_model.checkpoints.errors import CheckpointError
from cointeract_model.checkpoints.fit import Shape, check_tensors
from cointeract_model.checkpoints.names import ReleasedNames
from cointeract_model.checkpoints.tensor_files import TensorFiles
from cointeract_model.errors import TensorNameError

PREFIXES = ("pipe.dit.", "diffusion_model.")
"""What a training pipeline puts before every name."""

_RELEASED_LORA = re.compile(r"(.+)\.lora_([AB])(?:\.default)?\.weight")
_PLAIN_SHARED = re.compile(r"blocks\.\d+\.ffn\.[02]\.")
_OUR_LORA = re.compile(r"(.+)\.lora_([ab])")


def to_released(names: ReleasedNames, name: str) -> str:
    """The released name of one of our tensors, LoRA's included: `<layer>.lora_A.default.weight`.

    Raises:
        TensorNameError: no such tensor.
    """
    match = _OUR_LORA.fullmatch(name)
    if match is None:
        return names.to_released(name)
    layer = names.to_released(f"{match[1]}.weight").removesuffix(".weight")
    return f"{layer}.lora_{match[2].upper()}.default.weight"


def from_released(names: ReleasedNames, name: str) -> str:
    """Our name of a released tensor, LoRA's included, with and without `.default`.

    Raises:
        TensorNameError: no such tensor.
    """
    match = _RELEASED_LORA.fullmatch(name)
    if match is None:
        return names.from_released(name)
    layer = names.from_released(f"{match[1]}.weight").removesuffix(".weight")
    return f"{layer}.lora_{match[2].lower()}"


@dataclass(frozen=True, eq=False)
class ReleasedTensors:
    """Tensors of a released file or folder."""

    files: TensorFiles
    bare: Mapping[str, str]
    """Released names without prefix, to the names in the files."""

    @classmethod
    def open(cls, path: Path) -> ReleasedTensors:
        """Read the headers.

        Raises:
            CheckpointError: as `TensorFiles.open`, or two names differ only in their prefix.
        """
        files = TensorFiles.open(path)
        bare: dict[str, str] = {}
        for stored in files.tensors:
            name = stored
            for prefix in PREFIXES:
                name = name.removeprefix(prefix)
            if name in bare:
                raise CheckpointError(f"{path} holds both {bare[name]} and {stored}, which are one tensor; remove one")
            bare[name] = stored
        return cls(files, bare)

    def shapes(self) -> dict[str, Shape]:
        """Shapes by released name."""
        return {name: self.files.tensors[stored].shape for name, stored in self.bare.items()}

    def has_lora(self) -> bool:
        """Whether any tensor is a LoRA's."""
        return any(_RELEASED_LORA.fullmatch(name) for name in self.bare)

    def by_our_names(self, audio_layers: tuple[int, ...]) -> dict[str, str]:
        """Our names to the names in the files; tensors that have none are left out.

        Args:
            audio_layers: of the model, which the released names number.

        Raises:
            CheckpointError: two tensors are one and the same of ours, such as `ffn.0` and `ffn.ffn_base.0`.
        """
        ours: dict[str, str] = {}
        for name, stored in self._translated(self._names(audio_layers)):
            if name is None:
                continue
            if name in ours:
                raise CheckpointError(
                    f"{self.files.path} holds both {ours[name]} and {stored}, which are one tensor; remove one"
                )
            ours[name] = stored
        return ours

    def check(self, expected: Mapping[str, Shape], audio_layers: tuple[int, ...], hint: str) -> None:
        """Refuse tensors that aren't those expected, naming them as the files do.

        Args:
            expected: shapes by our names.
            audio_layers: of the model.
            hint: what to do about it.

        Raises:
            CheckpointError: naming missing and unexpected tensors, wrong shapes and dtypes.
        """
        ours, names = self.by_our_names(audio_layers), self._names(audio_layers)
        in_files = {ours.get(name) or to_released(names, name): shape for name, shape in expected.items()}
        check_tensors(in_files, self.files.tensors, self.files.path, hint=hint)

    def _names(self, audio_layers: tuple[int, ...]) -> ReleasedNames:
        plain = any(_PLAIN_SHARED.match(name) for name in self.bare)
        return ReleasedNames(audio_layers, experts=not plain)

    def _translated(self, names: ReleasedNames) -> Iterator[tuple[str | None, str]]:
        for name, stored in self.bare.items():
            try:
                yield from_released(names, name), stored
            except TensorNameError:
                yield None, stored
