"""Which safetensors files make up a checkpoint: a single one, a numbered set, or those that an index lists."""

from __future__ import annotations

import json
import re
from pathlib import Path

from cointeract_model.checkpoints.errors import CheckpointError, listed

SUFFIX, INDEX_SUFFIX = ".safetensors", ".safetensors.index.json"
PICKLED_SUFFIXES = {".pth", ".pt", ".bin", ".ckpt"}
_NUMBERED = re.compile(r"(.+)-(\d+)-of-(\d+)\.safetensors")

CONVERSION = (
    'convert it once with `python -c "import torch, safetensors.torch as s; s.save_file({name: tensor.contiguous() for '
    "name, tensor in torch.load('FILE.pth', map_location='cpu', weights_only=True).items()}, 'FILE.safetensors')\"`"
)


def find_files(path: Path) -> tuple[Path, ...]:
    """The files of the checkpoint at `path`, a `.safetensors` file or a folder; subfolders are not searched.

    Raises:
        CheckpointError: nothing is there, a file of the set is missing, the files are pickled ones (which could run code
            when read), or the folder holds several checkpoints.
    """
    if not path.exists():
        raise CheckpointError(f"{path} doesn't exist; expected is a {SUFFIX} file or a folder of them")
    if path.is_file():
        if path.suffix in PICKLED_SUFFIXES:
            raise CheckpointError(f"{path} is a pickled PyTorch file, which isn't read here: {CONVERSION}")
        if path.suffix != SUFFIX:
            raise CheckpointError(f"{path} isn't a {SUFFIX} file; give one, or the folder that holds it")
        return (path,)
    indices = sorted(path.glob(f"*{INDEX_SUFFIX}"))
    if len(indices) > 1:
        raise CheckpointError(f"{path} holds several checkpoints: {_names(indices)}; leave one of them")
    return _indexed(indices[0]) if indices else _without_index(path)


def _indexed(index: Path) -> tuple[Path, ...]:
    try:
        weight_map = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
        files = tuple(index.with_name(Path(name).name) for name in sorted(set(weight_map.values())))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(
            f"{index} isn't an index of safetensors files ({error!r}); fetch it again, or remove it: a numbered set of files "
            "is found without one"
        ) from error
    if not files:
        raise CheckpointError(f"{index} lists no file; fetch it again")
    _require(files, str(index))
    return files


def _without_index(folder: Path) -> tuple[Path, ...]:
    files = sorted(folder.glob(f"*{SUFFIX}"))
    if not files:
        pickled = sorted(file for file in folder.iterdir() if file.suffix in PICKLED_SUFFIXES)
        if pickled:
            raise CheckpointError(f"{folder} holds pickled PyTorch files only ({_names(pickled)}): {CONVERSION}")
        raise CheckpointError(f"{folder} holds no {SUFFIX} file, nor an index of such files; is it the right folder?")
    match = _NUMBERED.fullmatch(files[0].name)
    if match is None:
        if len(files) > 1:
            raise CheckpointError(f"{folder} holds several checkpoints: {_names(files)}; name one of the files")
        return (files[0],)
    stem, count = match[1], match[3]
    numbered = tuple(
        folder / f"{stem}-{number:0{len(count)}}-of-{count}{SUFFIX}" for number in range(1, int(count) + 1)
    )
    _require(numbered, f"the set {stem}-*-of-{count}")
    if others := sorted(set(files) - set(numbered)):
        raise CheckpointError(
            f"{folder} holds more than the set {stem}-*-of-{count}: {_names(others)}; name one of the files"
        )
    return numbered


def _require(files: tuple[Path, ...], what: str) -> None:
    missing = [file for file in files if not file.is_file()]
    if missing:
        raise CheckpointError(
            f"{what} has {len(files)} files, of which {len(missing)} are missing in {missing[0].parent}: {_names(missing)}; "
            "fetch them"
        )


def _names(files: list[Path]) -> str:
    return listed([file.name for file in files])
