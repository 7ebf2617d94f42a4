"""Finding the source files that a user names: files, folders and URLs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from cointeract_curation.core.errors import ConfigurationError
from cointeract_curation.core.units import FileUnit
from cointeract_shards.storage import is_url

# Inside a folder only files that look like videos are taken; a file that is named itself is taken whatever it is called.
_NAMES = """
    264 265 3gp asf avi divx dv f4v flv h264 h265 hevc ivf m2ts m2v m4v mjpeg mkv mov mp4 mpeg mpg mts mxf nut ogm ogv rm rmvb ts
    vob webm wmv y4m
"""
VIDEO_SUFFIXES = frozenset("." + name for name in _NAMES.split())
UNKNOWN = -1


def find_files(inputs: Sequence[str]) -> list[FileUnit]:
    """Every input file, sorted by path, each once.

    A folder is searched with all folders below it. A named path that doesn't exist is a user's slip and ends the command; what a
    folder holds is taken as it is found, and what can't be read later shows up as a quarantined source.

    Raises `ConfigurationError` for a path that doesn't exist and for inputs without any video.
    """
    found: dict[str, FileUnit] = {}
    for name in inputs:
        for unit in _remote(name) if is_url(name) else _local(Path(name)):
            found[unit.path] = unit
    if not found:
        raise ConfigurationError(
            f"no video files in {', '.join(inputs)}; looked for files ending in {' '.join(sorted(VIDEO_SUFFIXES))}"
        )
    return [found[path] for path in sorted(found)]


def _local(path: Path) -> Iterator[FileUnit]:
    if path.is_dir():
        for folder, folders, names in os.walk(path, followlinks=True):
            # A folder with the name of a video is a mistake worth telling, not something to walk past.
            for name in [*names, *folders]:
                if Path(name).suffix.lower() in VIDEO_SUFFIXES:
                    yield _file_unit(Path(folder, name))
    elif path.exists() or path.is_symlink():
        yield _file_unit(path)
    else:
        raise ConfigurationError(f"input {path} doesn't exist")


def _file_unit(path: Path) -> FileUnit:
    absolute = str(path.absolute())
    try:
        status = path.stat()
    except OSError:
        return FileUnit(path=absolute, size=UNKNOWN, mtime_ns=UNKNOWN)
    return FileUnit(path=absolute, size=status.st_size, mtime_ns=status.st_mtime_ns)


def _remote(url: str) -> Iterator[FileUnit]:
    import fsspec

    filesystem, path = fsspec.core.url_to_fs(url)
    if filesystem.isdir(path):
        paths = [item for item in filesystem.find(path) if Path(item).suffix.lower() in VIDEO_SUFFIXES]
    elif filesystem.exists(path):
        paths = [path]
    else:
        raise ConfigurationError(f"input {url} doesn't exist")
    for item in paths:
        information = filesystem.info(item)
        yield FileUnit(
            path=filesystem.unstrip_protocol(item),
            size=int(information.get("size") or UNKNOWN),
            mtime_ns=_changed(information),
        )


def _changed(information: dict[str, object]) -> int:
    """Something that changes when a remote object does: its ETag or time, as a number."""
    import zlib

    mark = (
        information.get("ETag")
        or information.get("LastModified")
        or information.get("mtime")
        or information.get("created")
    )
    return UNKNOWN if mark is None else zlib.crc32(str(mark).encode())
