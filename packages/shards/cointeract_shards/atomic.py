"""Files and folders that appear whole or not at all, also if the machine stops in the middle.

The pattern: write under a temporary name in the same folder, flush to the disk, rename, flush the folder. Temporary
    names start with a dot and end with `.tmp`, so that what a killed process left behind can be told apart and
    removed.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TEMPORARY_SUFFIX = ".tmp"


def temporary_sibling(path: Path) -> Path:
    """A fresh temporary name in the folder of `path`, so that a rename stays within one file system."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex}{TEMPORARY_SUFFIX}")


def is_temporary(path: Path) -> bool:
    """Whether `path` is named as the temporary files of this module are."""
    return path.name.startswith(".") and path.name.endswith(TEMPORARY_SUFFIX)


def fsync_path(path: Path) -> None:
    """Flush a file's content, or a folder's list of names, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Give a temporary path to write to; on success it becomes `path`, on an error it is removed and `path` stays as
    it was.

    The folder of `path` is made where it is missing.

    Raises:
        OSError: the disk is full, the folder is read-only, and so on.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_sibling(path)
    try:
        yield temporary
        fsync_path(temporary)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    fsync_path(path.parent)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file atomically."""
    with atomic_file(path) as temporary:
        temporary.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file atomically, line ends as given."""
    write_bytes(path, text.encode())


def fsync_tree(folder: Path) -> None:
    """Flush every file and folder below `folder`, and itself."""
    for parent, _, names in os.walk(folder):
        for name in names:
            fsync_path(Path(parent, name))
        fsync_path(Path(parent))


@contextmanager
def atomic_directory(path: Path, *, replace: bool) -> Iterator[Path]:
    """Give a temporary folder to fill; on success it becomes `path`, on an error it is removed and `path` stays as it
    was.

    A folder can't be renamed over a filled one. With `replace` the old one is first moved aside and removed at the
    end: a process killed between the two renames leaves no `path`, never a mixture of old and new.

    Raises:
        FileExistsError: `path` exists and `replace` is false.
    """
    if path.exists() and not replace:
        raise FileExistsError(f"{path} exists already; remove it or choose another name")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_sibling(path)
    temporary.mkdir()
    try:
        yield temporary
        fsync_tree(temporary)
        _swap(temporary, path, replace=replace)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    fsync_path(path.parent)


def _swap(temporary: Path, path: Path, *, replace: bool) -> None:
    if not (replace and path.exists()):
        temporary.rename(path)
        return
    aside = temporary_sibling(path)
    path.rename(aside)
    try:
        temporary.rename(path)
    except OSError:
        aside.rename(path)
        raise
    shutil.rmtree(aside)
