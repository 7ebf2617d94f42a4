"""Writes a state so that its folder appears whole or not at all, whenever the machine stops and whatever the disk does."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from cointeract_shards.atomic import fsync_path, fsync_tree, is_temporary, temporary_sibling
from cointeract_train.errors import SaveError
from cointeract_train.saving.manifest import FileFacts, facts_of, files_in, write_manifest
from cointeract_train.saving.record import Record
from cointeract_train.saving.tensors import write_tensors
from cointeract_train.saving.together import by_the_first, place, together

TENSORS = "tensors"
GIB = 2**30


def write_state(folder: Path, tensors: Mapping[str, Tensor], record: Record) -> None:
    """Write a state; all processes must, and see the same folders.

    It is written beside `folder` under a hidden name, flushed, given its manifest, flushed again, and renamed. What was at
    `folder` before goes when the new one is in place.

    Args:
        folder: to make.
        tensors: of this process (`tensors_of`).
        record: the first process's counts.

    Raises:
        SaveError: in all processes, where one couldn't write; what was at `folder` is as it was, and nothing else is left behind.
    """
    temporary: Path | None = None
    try:
        temporary = by_the_first(lambda: _begun(folder))
        _fill(temporary, tensors, record)
        made = temporary
        by_the_first(lambda: _put_in_place(made, folder))
    except (OSError, RuntimeError) as error:
        if temporary is not None and place()[0] == 0:
            shutil.rmtree(temporary, ignore_errors=True)
        free = shutil.disk_usage(folder.parent).free / GIB
        raise SaveError(
            f"the state after step {record.step} couldn't be written to {folder}, where {free:.1f} GiB are free: {_said(error)}"
        ) from error


def discard(folder: Path) -> None:
    """Remove a state. One that is killed meanwhile leaves what `clean` removes, and never a part that looks like a state.

    Raises:
        OSError: it can't be.
    """
    aside = temporary_sibling(folder)
    folder.rename(aside)
    shutil.rmtree(aside)


def clean(parent: Path) -> list[str]:
    """Remove what killed processes left half-written or half-removed in a folder of states; their names."""
    left = sorted(path for path in parent.glob(".*") if is_temporary(path) and path.is_dir())
    for path in left:
        shutil.rmtree(path)
    return [path.name for path in left]


def _said(error: Exception) -> str:
    """The system's own words, or PyTorch's, whose writer swallows them and speaks of positions in its file."""
    return str(error) if isinstance(error, OSError) else f"PyTorch's writer failed, as it does on a full disk: {error}"


def _begun(folder: Path) -> Path:
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_sibling(folder)
    temporary.mkdir()
    return temporary


def _fill(temporary: Path, tensors: Mapping[str, Tensor], record: Record) -> None:
    write_tensors(tensors, temporary / TENSORS)
    by_the_first(lambda: record.write(temporary))
    names = files_in(temporary)
    rank, ranks = place()
    shares = together(lambda: {name: facts_of(temporary / name) for name in names[rank::ranks]})
    files: dict[str, FileFacts] = {name: facts for share in shares for name, facts in share.items()}
    # Everything is on the disk before the manifest says so.
    by_the_first(lambda: fsync_tree(temporary))
    by_the_first(lambda: write_manifest(temporary, {name: files[name] for name in names}))


def _put_in_place(temporary: Path, folder: Path) -> None:
    aside = None
    if folder.exists():
        aside = temporary_sibling(folder)
        folder.rename(aside)
    try:
        temporary.rename(folder)
    except OSError:
        if aside is not None:
            aside.rename(folder)
        raise
    fsync_path(folder.parent)
    if aside is not None:
        shutil.rmtree(aside, ignore_errors=True)
