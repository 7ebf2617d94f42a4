"""The index of a shard: where each member's bytes lie, so that one can be read without scanning the tar.

`hoi-000000.tar` has `hoi-000000.index.json` beside it.
"""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import PurePosixPath
from typing import Any, BinaryIO, Self

from pydantic import Field

from cointeract_shards import storage
from cointeract_shards.errors import ShardError
from cointeract_shards.members import split_name
from cointeract_shards.records import Record, Sha256, VersionedRecord

SHARD_SUFFIX = ".tar"
INDEX_SUFFIX = ".index.json"
COPY_BYTES = 1 << 20
"""Bytes read at once when a member is hashed or copied."""


@dataclass(frozen=True)
class MemberLocation:
    """Where one member of one sample lies in a set of shards."""

    key: str
    name: str
    """Member name, such as `rgb.mp4`."""
    split: str
    """Folder of the shard below the root of the shards; empty if it lies in the root itself."""
    shard: str
    """File name of the shard."""
    offset: int
    """First byte of the member's content in the shard."""
    size: int
    """Bytes of the content."""
    sha256: str
    """Digest of the content, 64 hexadecimal digits."""


class IndexEntry(Record):
    """One member in a shard."""

    key: str
    name: str
    offset: int = Field(ge=0)
    size: int = Field(ge=0)
    sha256: Sha256


class ShardIndex(VersionedRecord):
    """All members of one shard, in the order in which they lie there."""

    shard: str
    size: int = Field(ge=0)
    """Bytes of the whole shard; another size means that the index belongs to another shard, or that the shard is cut
    short."""
    members: tuple[IndexEntry, ...]

    def locations(self, split: str) -> list[MemberLocation]:
        """The members with the split and the shard's name filled in."""
        return [MemberLocation(split=split, shard=self.shard, **entry.model_dump()) for entry in self.members]

    def samples(self) -> Iterable[tuple[str, list[IndexEntry]]]:
        """Members grouped by sample; a key whose members aren't together comes more than once, as in webdataset."""
        return ((key, list(group)) for key, group in groupby(self.members, key=lambda entry: entry.key))

    @classmethod
    def of(cls, shard: str, size: int, locations: Iterable[MemberLocation]) -> Self:
        """Index of a shard from its members' locations."""
        entries = (_without_place(asdict(location)) for location in locations)
        return cls(shard=shard, size=size, members=tuple(IndexEntry(**entry) for entry in entries))


def _without_place(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in ("split", "shard")}


def index_name(shard: str) -> str:
    """Name of the index of a shard: `hoi-000000.tar` has `hoi-000000.index.json`."""
    return shard.removesuffix(SHARD_SUFFIX) + INDEX_SUFFIX


def read_index(folder: storage.Location, shard: str) -> ShardIndex | None:
    """The stored index of a shard, or None if there is none.

    Raises:
        ShardError: the shard is missing, or its size isn't what the index states.
        RecordError: the index isn't valid.
    """
    location = storage.join(folder, index_name(shard))
    if not storage.exists(location):
        return None
    index = ShardIndex.from_bytes(storage.read_bytes(location), where=str(location))
    size = shard_size(folder, shard)
    if size != index.size:
        raise ShardError(_size_message(storage.join(folder, shard), size, index))
    return index


def shard_size(folder: storage.Location, shard: str) -> int:
    """Bytes of a shard.

    Raises:
        ShardError: it is missing.
    """
    location = storage.join(folder, shard)
    try:
        return storage.size(location)
    except FileNotFoundError as error:
        raise ShardError(f"shard {location} is missing; restore it or pack the data set again") from error


def scan(folder: storage.Location, shard: str) -> ShardIndex:
    """Index of a shard from the shard itself: reads all of it and hashes every member.

    Raises:
        ShardError: missing, not a tar, or cut short; the message names the member where it ends.
    """
    location = storage.join(folder, shard)
    size = shard_size(folder, shard)
    with storage.open_binary(location) as stream:
        entries = _scan_members(stream, size, location)
    return ShardIndex(shard=PurePosixPath(shard).name, size=size, members=tuple(entries))


def _scan_members(stream: BinaryIO, size: int, location: storage.Location) -> list[IndexEntry]:
    places: list[tuple[str, int, int]] = []
    try:
        with tarfile.open(fileobj=stream, mode="r:") as archive:
            for member in archive:
                if member.isreg():
                    places.append((member.name, member.offset_data, member.size))
                end = member.offset_data + member.size
                if end > size:
                    raise ShardError(
                        f"shard {location} is cut short: it has {size} bytes, but member "
                        f"{member.name!r} ends at byte {end}; copy the shard again"
                    )
            end_of_members = archive.offset
    except tarfile.TarError as error:
        after = f" after member {places[-1][0]!r}" if places else ""
        raise ShardError(
            f"shard {location} is not a whole tar{after}: {error}; copy the shard again or pack it again"
        ) from error
    after = f"member {places[-1][0]!r}" if places else "its start"
    stream.seek(end_of_members)
    end_mark = stream.read(tarfile.BLOCKSIZE)
    if len(end_mark) < tarfile.BLOCKSIZE:
        raise ShardError(f"shard {location} is cut short at byte {size}, after {after}; copy the shard again")
    if any(end_mark):
        raise ShardError(f"shard {location} is damaged at byte {end_of_members}, after {after}; copy the shard again")
    entries = []
    for name, offset, length in places:
        key, member_name = split_name(name)
        entries.append(
            IndexEntry(
                key=key, name=member_name, offset=offset, size=length, sha256=_hash_range(stream, offset, length)
            )
        )
    return entries


def _hash_range(stream: BinaryIO, offset: int, length: int) -> str:
    digest = hashlib.sha256()
    stream.seek(offset)
    left = length
    while left:
        chunk = stream.read(min(COPY_BYTES, left))
        if not chunk:
            break
        digest.update(chunk)
        left -= len(chunk)
    return digest.hexdigest()


def _size_message(location: storage.Location, size: int, index: ShardIndex) -> str:
    cut = next((entry for entry in index.members if entry.offset + entry.size > size), None)
    if cut is not None:
        return (
            f"shard {location} is cut short: it has {size} of {index.size} bytes, "
            f"and member {cut.name!r} of sample {cut.key!r} ends at byte {cut.offset + cut.size}; copy the shard again"
        )
    return (
        f"shard {location} has {size} bytes, but its index says {index.size}; one of the two "
        f"was replaced: copy both again"
    )
