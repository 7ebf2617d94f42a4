"""Files of weights: finding them, telling one set from another, loading them, and saying what is missing."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Collection
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from safetensors import SafetensorError

from cointeract_model.codecs.errors import CodecUnavailableError

if TYPE_CHECKING:
    from torch import Tensor, nn

EXTRA = "cointeract-model[wan]"

WEIGHT_SUFFIXES = {".bin", ".json", ".model", ".pth", ".safetensors", ".txt"}
"""Files of a folder that decide what a model computes; a changed guide doesn't make another model."""

SAMPLES, SAMPLE_BYTES = 64, 65536
FINGERPRINT_LENGTH = 16
NAMED_TENSORS = 3
"""How many missing or unexpected tensors an error names."""

LOADING_ERRORS = (OSError, ValueError, RuntimeError, KeyError, SafetensorError)
"""What the libraries raise for a folder of another model, or files that are missing or cut short."""


def require(module: str, codec: str) -> ModuleType:
    """Import a library that only one codec needs.

    Raises:
        CodecUnavailableError: not installed; the message says which extra has it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise CodecUnavailableError(
            f"codec {codec} needs the library {module.partition('.')[0]}, which can't be imported ({error}); install it with "
            f"pip install '{EXTRA}'"
        ) from error


def require_path(path: Path, codec: str, expected: str) -> Path:
    """The path, if it is there.

    Args:
        path: of a file or folder.
        codec: that needs it.
        expected: what should lie there, for the message.

    Raises:
        CodecUnavailableError: nothing is there.
    """
    if not path.exists():
        raise CodecUnavailableError(f"codec {codec} finds nothing at {path}; expected is {expected}")
    return path


def fingerprint(*paths: Path) -> str:
    """Sixteen hexadecimal digits that tell sets of weight files apart, in a second whatever their size.

    Hashed are each file's name and size and 64 pieces of 64 KiB, evenly spread, so two files of one size that differ only between
    the pieces are taken for equal.

    Args:
        paths: files, or folders of which all weights and settings count.

    Raises:
        CodecUnavailableError: no such files.
    """
    digest = hashlib.sha256()
    for path in paths:
        files = [path] if path.is_file() else sorted(file for file in path.iterdir() if file.suffix in WEIGHT_SUFFIXES)
        if not files:
            raise CodecUnavailableError(f"{path} holds no weights: none of its files ends in {sorted(WEIGHT_SUFFIXES)}")
        for file in files:
            size = file.stat().st_size
            digest.update(f"{file.name} {size}\n".encode())
            with file.open("rb") as content:
                for number in range(SAMPLES):
                    content.seek(max(size - SAMPLE_BYTES, 0) * number // (SAMPLES - 1))
                    digest.update(content.read(SAMPLE_BYTES))
    return digest.hexdigest()[:FINGERPRINT_LENGTH]


def load_checkpoint(path: Path, codec: str) -> dict[str, Tensor]:
    """Tensors of a PyTorch file by name, mapped from disk; nothing but tensors is unpickled.

    Raises:
        CodecUnavailableError: not such a file, or cut short.
    """
    import pickle

    import torch

    try:
        content = torch.load(path, map_location="cpu", mmap=True, weights_only=True)
    except (RuntimeError, pickle.UnpicklingError, EOFError) as error:
        raise CodecUnavailableError(f"codec {codec} can't read {path}: {error}; fetch the file again") from error
    if not isinstance(content, dict) or not all(isinstance(value, torch.Tensor) for value in content.values()):
        raise CodecUnavailableError(f"codec {codec}: {path} isn't a dictionary of tensors by name")
    return content


def check_tensors(found: Collection[str], expected: Collection[str], path: Path, codec: str) -> None:
    """Refuse weights of another model.

    Raises:
        CodecUnavailableError: naming tensors that are missing or unexpected.
    """
    missing, unexpected = sorted(set(expected) - set(found)), sorted(set(found) - set(expected))
    if missing or unexpected:
        raise CodecUnavailableError(
            f"{path} isn't a checkpoint of codec {codec}: {len(missing)} tensors are missing {missing[:NAMED_TENSORS]}, "
            f"{len(unexpected)} unexpected {unexpected[:NAMED_TENSORS]}"
        )


def check_finite(model: nn.Module, path: Path, codec: str) -> None:
    """Refuse weights that aren't finite. Attention may hide a NaN, so features don't always tell.

    Raises:
        CodecUnavailableError: naming the tensors.
    """
    broken = [name for name, tensor in model.state_dict().items() if not bool(tensor.isfinite().all())]
    if broken:
        raise CodecUnavailableError(
            f"codec {codec}: {len(broken)} tensors of {path} hold NaN or infinity {broken[:NAMED_TENSORS]}; fetch the file again"
        )
