"""Reads shards: single members by their location, and whole samples one after another."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from cointeract_shards import storage
from cointeract_shards.errors import ShardError
from cointeract_shards.levels import missing_members, reaches
from cointeract_shards.records import Level
from cointeract_shards.sample import Sample
from cointeract_shards.shard_index import SHARD_SUFFIX, IndexEntry, MemberLocation, ShardIndex, read_index, scan


@dataclass(frozen=True)
class ShardRef:
    """One shard below a root."""

    split: str
    """Folder below the root, empty for a shard in the root itself."""
    name: str

    def folder(self, root: storage.Location) -> storage.Location:
        """The folder that holds the shard."""
        return storage.join(root, *self.split.split("/")) if self.split else root


def list_shards(root: storage.Location) -> list[ShardRef]:
    """All tars below `root`, sorted by split and name.

    Raises:
        ShardError: `root` isn't a folder.
    """
    try:
        names = storage.find(root, SHARD_SUFFIX)
    except FileNotFoundError as error:
        raise ShardError(f"no shards at {root}: {error}") from error
    refs = []
    for path in names:
        split, _, name = path.rpartition("/")
        refs.append(ShardRef(split, name))
    return sorted(refs, key=lambda ref: (ref.split, ref.name))


def read_member(root: storage.Location, location: MemberLocation, *, verify: bool = False) -> bytes:
    """Content of one member, by one read of just its bytes.

    Args:
        root: folder of all shards.
        location: from an index or the manifest.
        verify: also compare the content with the location's SHA-256.

    Raises:
        ShardError: the shard is missing or too short, or `verify` found other content; names the shard and the member.
    """
    path = storage.join(ShardRef(location.split, location.shard).folder(root), location.shard)
    try:
        with storage.open_binary(path) as stream:
            data = _read_range(stream, path, location)
    except FileNotFoundError as error:
        raise ShardError(
            f"shard {path} is missing; it should hold member {location.name!r} of sample {location.key!r}"
        ) from error
    if verify and hashlib.sha256(data).hexdigest() != location.sha256:
        raise ShardError(
            f"shard {path}: member {location.name!r} of sample {location.key!r} has SHA-256 "
            f"{hashlib.sha256(data).hexdigest()}, "
            f"not {location.sha256}; the shard was changed, copy it again"
        )
    return data


class ShardReader:
    """A set of shards below one root, with or without indexes.

    Args:
        root: folder with a folder of shards for each split, or a folder of shards; a local path or a URL.
    """

    def __init__(self, root: storage.Location) -> None:
        self.root = root
        self.shards = list_shards(root)

    def index(self, shard: ShardRef) -> ShardIndex:
        """The index stored beside a shard, or one made by scanning it.

        Raises:
            ShardError: the shard is missing or cut short.
            RecordError: the stored index isn't valid.
        """
        folder = shard.folder(self.root)
        return read_index(folder, shard.name) or scan(folder, shard.name)

    def locations(self, split: str | None = None) -> Iterator[MemberLocation]:
        """Where every member lies, of one split or of all."""
        for shard in self._of_split(split):
            yield from self.index(shard).locations(shard.split)

    def read(self, location: MemberLocation, *, verify: bool = False) -> bytes:
        """Content of one member; see `read_member`."""
        return read_member(self.root, location, verify=verify)

    def samples(self, split: str | None = None, level: Level | None = None) -> Iterator[Sample]:
        """Samples in stored order, each with its members in memory.

        Args:
            split: only this split.
            level: only samples that state this level or a higher one.

        Raises:
            ShardError: a shard is missing or cut short, or a sample lacks a member of the level that was asked for.
            RecordError: with `level`, a sample's `meta.json` isn't valid.
        """
        for shard in self._of_split(split):
            for sample in self.shard_samples(shard, self.index(shard)):
                if level is None or _has_level(sample, level, shard):
                    yield sample

    def shard_samples(self, shard: ShardRef, index: ShardIndex) -> Iterator[Sample]:
        """Samples of one shard in stored order, through one open file."""
        path = storage.join(shard.folder(self.root), shard.name)
        with storage.open_binary(path) as stream:
            for key, entries in index.samples():
                yield Sample(key, _read_entries(stream, path, key, entries))

    def _of_split(self, split: str | None) -> list[ShardRef]:
        chosen = [shard for shard in self.shards if split is None or shard.split == split]
        if split is not None and not chosen:
            known = ", ".join(sorted({repr(shard.split) for shard in self.shards})) or "none"
            raise ShardError(f"{self.root} has no shards of split {split!r}; its splits: {known}")
        return chosen


def _read_entries(stream: BinaryIO, path: storage.Location, key: str, entries: list[IndexEntry]) -> dict[str, bytes]:
    content: dict[str, bytes] = {}
    for entry in entries:
        if entry.name in content:
            raise ShardError(f"shard {path}: sample {key!r} holds member {entry.name!r} twice; pack the data set again")
        content[entry.name] = _read_range(stream, path, entry)
    return content


def _read_range(stream: BinaryIO, path: storage.Location, place: IndexEntry | MemberLocation) -> bytes:
    stream.seek(place.offset)
    data = stream.read(place.size)
    if len(data) != place.size:
        raise ShardError(
            f"shard {path} is cut short: member {place.name!r} of sample {place.key!r} should have "
            f"{place.size} bytes at {place.offset}, "
            f"only {len(data)} are there; copy the shard again"
        )
    return data


def _has_level(sample: Sample, level: Level, shard: ShardRef) -> bool:
    if "meta.json" not in sample.members:
        raise ShardError(f"shard {shard.name}: sample {sample.key!r} has no meta.json, so its level is unknown")
    if not reaches(sample.meta.level, level):
        return False
    missing = missing_members(sample.members.keys(), level, sample.meta.motion_frames > 0)
    if missing:
        raise ShardError(
            f"shard {shard.name}: sample {sample.key!r} states level {sample.meta.level!r} but "
            f"lacks {', '.join(missing)}; "
            "run `cointeract lint` on the data set"
        )
    return True
