"""Reading and writing where a data set lies: a local path, or any URL that fsspec knows (`s3://...`, `memory://...`)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, BinaryIO, cast

import fsspec

from cointeract_shards import atomic

Location = Path | str
"""A local path, or a URL as text."""
# RFC 3986, section 3.1; one letter would be a drive of Windows.
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]+://")


def is_url(location: Location) -> bool:
    """Whether `location` is a URL rather than a local path."""
    return isinstance(location, str) and _SCHEME.match(location) is not None


def join(root: Location, *parts: str) -> Location:
    """`root` with further path parts; a `Path` for local ones, a URL otherwise."""
    if is_url(root):
        return "/".join([str(root).rstrip("/"), *parts])
    return Path(root, *parts)


def exists(location: Location) -> bool:
    """Whether a file or folder is there."""
    if is_url(location):
        filesystem, path = _remote(location)
        return bool(filesystem.exists(path))
    return Path(location).exists()


def size(location: Location) -> int:
    """Bytes of a file.

    Raises:
        FileNotFoundError: there is none.
    """
    if is_url(location):
        filesystem, path = _remote(location)
        return int(filesystem.size(path))
    return Path(location).stat().st_size


def open_binary(location: Location) -> BinaryIO:
    """Open a file for reading; seeking works on both kinds of location.

    Raises:
        FileNotFoundError: there is none.
    """
    if is_url(location):
        filesystem, path = _remote(location)
        return cast(BinaryIO, filesystem.open(path, "rb"))
    return Path(location).open("rb")


def read_bytes(location: Location) -> bytes:
    """The whole content of a file."""
    with open_binary(location) as stream:
        return stream.read()


def write_bytes(location: Location, data: bytes) -> None:
    """Write a file so that it appears whole: by rename locally, by one upload elsewhere."""
    if is_url(location):
        filesystem, path = _remote(location)
        filesystem.pipe_file(path, data)
    else:
        atomic.write_bytes(Path(location), data)


def find(root: Location, suffix: str) -> list[str]:
    """Paths of all files below `root` that end with `suffix`, relative to it with `/`, sorted; temporary ones are
    left out.

    Raises:
        FileNotFoundError: `root` isn't a folder.
    """
    if is_url(root):
        filesystem, path = _remote(root)
        base = path.rstrip("/")
        names = [str(name)[len(base) :].lstrip("/") for name in filesystem.find(path)]
    else:
        folder = Path(root)
        if not folder.is_dir():
            raise FileNotFoundError(f"{folder} is not a folder")
        names = [file.relative_to(folder).as_posix() for file in folder.rglob(f"*{suffix}") if file.is_file()]
    visible = (name for name in names if not any(part.startswith(".") for part in name.split("/")))
    return sorted(name for name in visible if name.endswith(suffix))


def names(folder: Location) -> list[str]:
    """Names of the files and folders directly in a folder, in no order; none where there is no such folder."""
    if is_url(folder):
        filesystem, path = _remote(folder)
        try:
            entries = filesystem.ls(path, detail=False)
        except (FileNotFoundError, NotADirectoryError):
            return []
        return [str(entry).rstrip("/").rpartition("/")[2] for entry in entries]
    try:
        return [entry.name for entry in Path(folder).iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []


def read_range(location: Location, start: int, length: int) -> bytes:
    """Bytes `start` to `start + length` of a file, fewer where it ends before.

    Raises:
        FileNotFoundError: there is none.
    """
    if is_url(location):
        filesystem, path = _remote(location)
        return bytes(filesystem.cat_file(path, start=start, end=start + length))
    with Path(location).open("rb") as stream:
        stream.seek(start)
        return stream.read(length)


def upload_folder(source: Path, target: Location) -> None:
    """Copy the files of a local folder to a URL, in the order of their names."""
    filesystem, path = _remote(target)
    for file in sorted(source.iterdir()):
        filesystem.put_file(str(file), f"{path.rstrip('/')}/{file.name}")


def remove_folder(location: Location) -> None:
    """Remove a folder at a URL, if it is there."""
    filesystem, path = _remote(location)
    if filesystem.exists(path):
        filesystem.rm(path, recursive=True)


def _remote(location: Location) -> tuple[Any, str]:
    filesystem, path = fsspec.core.url_to_fs(str(location))
    return filesystem, str(path)
