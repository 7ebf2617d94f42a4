"""Reads members of samples by their byte ranges, and nothing else of a shard."""

from __future__ import annotations

import hashlib
import os
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import fsspec

from cointeract_shards import storage
from cointeract_train.data.catalogue import Entry, Place
from cointeract_train.data.errors import DataError, SampleError

OPEN_SHARDS = 64
"""Shards that a process holds open: more than a window has, so that each is opened once in it."""


class Ranges(Protocol):
    """Byte ranges of the shards of one folder."""

    def read(self, shard: str, places: Sequence[Place]) -> list[bytes]:
        """The content at each place; shorter where the shard ends before. Raises `FileNotFoundError`."""
        ...


class LocalRanges:
    """Of a local folder."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._open: OrderedDict[str, int] = OrderedDict()

    def read(self, shard: str, places: Sequence[Place]) -> list[bytes]:
        """See `Ranges`."""
        descriptor = self._descriptor(shard)
        return [os.pread(descriptor, place.size, place.offset) for place in places]

    def _descriptor(self, shard: str) -> int:
        if shard not in self._open:
            if len(self._open) == OPEN_SHARDS:
                os.close(self._open.popitem(last=False)[1])
            self._open[shard] = os.open(self._root / shard, os.O_RDONLY)
        self._open.move_to_end(shard)
        return self._open[shard]


class RemoteRanges:
    """Of a folder at a URL; the ranges of one call are fetched side by side where its file system can."""

    def __init__(self, root: str) -> None:
        self._files: Any
        self._files, self._root = fsspec.core.url_to_fs(root)

    def read(self, shard: str, places: Sequence[Place]) -> list[bytes]:
        """See `Ranges`."""
        path = f"{self._root.rstrip('/')}/{shard}"
        starts = [place.offset for place in places]
        ends = [place.offset + place.size for place in places]
        return list(self._files.cat_ranges([path] * len(places), starts, ends, on_error="raise"))


def open_ranges(shards_root: storage.Location) -> Ranges:
    """A reader of the folder of shards, for one process."""
    return RemoteRanges(str(shards_root)) if storage.is_url(shards_root) else LocalRanges(Path(shards_root))


def read_members(ranges: Ranges, entry: Entry, names: Sequence[str], *, verify: bool) -> dict[str, bytes]:
    """Members of a sample by name.

    Args:
        ranges: of the folder of shards.
        entry: the sample.
        names: of its members.
        verify: compare them with their SHA-256.

    Raises:
        DataError: the shard is missing.
        SampleError: the shard ends too early, or holds something else.
    """
    places = [entry.members[name] for name in names]
    try:
        found = ranges.read(entry.shard, places)
    except FileNotFoundError as error:
        raise DataError(f"shard {entry.shard} is gone; it should hold sample {entry.key}: restore it") from error
    for name, place, data in zip(names, places, found, strict=True):
        if len(data) != place.size:
            raise SampleError(
                f"{entry.where(name)}: the shard is cut short, {len(data)} of {place.size} bytes are at {place.offset}; copy it again"
            )
        if verify and hashlib.sha256(data).hexdigest() != place.sha256:
            raise SampleError(
                f"{entry.where(name)}: SHA-256 is {hashlib.sha256(data).hexdigest()}, not {place.sha256}; "
                "the shard is damaged or was changed: copy it again"
            )
    return dict(zip(names, found, strict=True))
