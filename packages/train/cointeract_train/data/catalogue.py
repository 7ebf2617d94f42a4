"""Which samples there are, and where their members lie: from the shards' indexes and the manifest."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from cointeract_shards import members, storage
from cointeract_shards.buckets import Bucket, nearest_bucket
from cointeract_shards.constants import TARGET_FRAMES
from cointeract_shards.dataset import DatasetLayout
from cointeract_shards.levels import missing_members, reaches
from cointeract_shards.manifest import ManifestRow, ReviewLabel, read_manifest, sample_digest
from cointeract_shards.reader import ShardReader, ShardRef, read_member
from cointeract_shards.records import Level, Meta
from cointeract_shards.shard_index import INDEX_SUFFIX, SHARD_SUFFIX, IndexEntry, MemberLocation
from cointeract_train.data.config import DataConfig
from cointeract_train.data.errors import DataError, EmptySplitError, SampleError
from cointeract_train.data.reviews import SampleReviews

LEVEL: Level = "triplet"
"""What training needs of a sample; caches may stand for its videos, which are there all the same."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """A member's bytes in its shard."""

    offset: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A sample that is trained on."""

    key: str
    shard: str
    """Path below the folder of shards, with `/`."""
    bucket: Bucket
    members: Mapping[str, Place]

    def where(self, member: str) -> str:
        """The member and where it lies, for messages."""
        return f"sample {self.key}, shard {self.shard}, member {member}"


@dataclass(frozen=True)
class Catalogue:
    """The samples of a split, by shard and as they lie there."""

    shards_root: storage.Location
    entries: tuple[Entry, ...]

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over every sample's key, shard, bucket, and members' names and digests."""
        digest = hashlib.sha256()
        for entry in self.entries:
            content = sample_digest({name: place.sha256 for name, place in entry.members.items()})
            digest.update(f"{entry.key} {entry.shard} {entry.bucket} {content}\n".encode())
        return digest.hexdigest()


@dataclass(frozen=True)
class _Facts:
    """What decides whether and how a sample is used."""

    decision: str
    level: Level
    motion: bool
    frames: int
    width: int
    height: int


def read_catalogue(config: DataConfig, split: str) -> Catalogue:
    """The samples of a split that the configuration allows. What is left out is logged with its number.

    Args:
        config: of the data.
        split: of training or validation.

    Raises:
        EmptySplitError: no shards of that split, or no samples.
        DataError: no such data set, a shard is missing, or manifest and shards don't belong together.
        SampleError: a sample lacks a member of its level, comes twice, or isn't 81 frames long.
        ContractError: a shard, index or manifest isn't valid or is of another version; the message names it.
    """
    root = _location(config.root)
    shards_root = _shards_root(root)
    reader = ShardReader(shards_root)
    shards = _shards_of(reader, split)
    rows = _manifest_rows(root, config.manifest, split, shards)
    reviews = SampleReviews(root, config)
    left_out: Counter[str] = Counter()
    entries: list[Entry] = []
    seen: dict[str, str] = {}
    for shard in shards:
        path = _path(shard)
        for key, found in reader.index(shard).samples():
            if key in seen:
                raise SampleError(f"sample {key} is in shard {seen[key]} and in {path}; pack the data set again")
            seen[key] = path
            places = _places(key, path, found)
            facts = _facts(shards_root, shard, key, found, places, rows)
            label = reviews.label(key, (rows or {}).get(key), {name: place.sha256 for name, place in places.items()})
            reason = _left_out(key, facts, label, config)
            if reason is not None:
                left_out[reason] += 1
                continue
            bucket = nearest_bucket(facts.width, facts.height, config.buckets)
            entries.append(_checked(Entry(key, path, bucket, places), facts))
    if rows is not None:
        _check_all_there(rows, seen, split)
    reviews.tell(split)
    _report(config, split, entries, left_out)
    if not entries:
        raise EmptySplitError(
            f"split {split!r} of {root} has no sample to use: {_described(left_out) or 'its shards are empty'}"
        )
    return Catalogue(shards_root, tuple(entries))


def _location(root: str) -> storage.Location:
    if not root:
        raise DataError("data.root isn't given: name the folder that `cointeract curate` wrote")
    location = storage.join(root)
    if not storage.exists(location):
        raise DataError(f"there is no data set at {location}; give the folder that `cointeract curate` wrote")
    return location


def _shards_root(root: storage.Location) -> storage.Location:
    below = storage.join(root, DatasetLayout.SHARDS_NAME)
    return below if storage.exists(below) else root


def _shards_of(reader: ShardReader, split: str) -> list[ShardRef]:
    chosen = [shard for shard in reader.shards if shard.split == split]
    if not chosen:
        known = (
            ", ".join(sorted({repr(shard.split) for shard in reader.shards})) or "none, there isn't a shard below it"
        )
        raise EmptySplitError(f"{reader.root} has no shards of split {split!r}; its splits: {known}")
    there = {_path(shard) for shard in chosen}
    for index in storage.find(reader.root, INDEX_SUFFIX):
        shard = index.removesuffix(INDEX_SUFFIX) + SHARD_SUFFIX
        if index.rpartition("/")[0] == split and shard not in there:
            raise DataError(
                f"shard {shard} of {reader.root} is missing, only its index is there; restore it or pack again"
            )
    return chosen


def _path(shard: ShardRef) -> str:
    return f"{shard.split}/{shard.name}" if shard.split else shard.name


def _manifest_rows(
    root: storage.Location, name: str, split: str, shards: list[ShardRef]
) -> dict[str, ManifestRow] | None:
    """Manifest rows by clip id, or None where the data set has no manifest."""
    path = storage.join(root, name)
    if not storage.exists(path):
        return None
    rows = read_manifest(path)
    wanted = {row.shard for row in rows if row.split == split and row.shard is not None}
    missing = sorted(wanted - {shard.name for shard in shards})
    if missing:
        raise DataError(
            f"{path} names {len(missing)} shards of split {split!r} that are missing, the first {missing[0]}; restore or pack again"
        )
    return {row.clip_id: row for row in rows}


def _places(key: str, shard: str, found: list[IndexEntry]) -> dict[str, Place]:
    places: dict[str, Place] = {}
    for member in found:
        if member.name in places:
            raise SampleError(f"sample {key}, shard {shard}: member {member.name} comes twice; pack the data set again")
        places[member.name] = Place(member.offset, member.size, member.sha256)
    return places


def _facts(
    shards_root: storage.Location,
    shard: ShardRef,
    key: str,
    found: list[IndexEntry],
    places: Mapping[str, Place],
    rows: Mapping[str, ManifestRow] | None,
) -> _Facts:
    path = _path(shard)
    if rows is None:
        return _facts_of_meta(shards_root, shard, key, found)
    row = rows.get(key)
    if row is None:
        raise DataError(f"sample {key} lies in shard {path}, but the manifest doesn't know it; pack the data set again")
    digest = sample_digest({name: place.sha256 for name, place in places.items()})
    if row.sample_sha256 != digest:
        raise DataError(
            f"sample {key}, shard {path}: the manifest states the digest {row.sample_sha256}, its index gives {digest}; "
            "manifest and shards are of different runs: pack the data set again"
        )
    if row.width is None or row.height is None or row.level is None:
        raise DataError(
            f"sample {key} is packed, but its manifest row states no size or level; pack the data set again"
        )
    return _Facts(row.decision, row.level, row.motion_frames > 0, row.frames, row.width, row.height)


def _facts_of_meta(shards_root: storage.Location, shard: ShardRef, key: str, found: list[IndexEntry]) -> _Facts:
    """Without a manifest what is in the shards is accepted."""
    stated = next((member for member in found if member.name == members.META), None)
    if stated is None:
        raise SampleError(f"sample {key}, shard {_path(shard)}: has no {members.META}, so its level is unknown")
    location = MemberLocation(key, stated.name, shard.split, shard.name, stated.offset, stated.size, stated.sha256)
    meta = Meta.from_bytes(read_member(shards_root, location), where=f"{key}/{members.META} in shard {_path(shard)}")
    return _Facts("accepted", meta.level, meta.motion_frames > 0, meta.frames, meta.width, meta.height)


def _left_out(key: str, facts: _Facts, label: ReviewLabel | None, config: DataConfig) -> str | None:
    """Why a sample isn't used. What people say of it comes before what the algorithm decided."""
    if key in config.exclude:
        return "excluded by the configuration"
    if label == "rejected":
        return "rejected by reviewers"
    if label is None and facts.decision != "accepted":
        return f"{facts.decision} by the manifest"
    if not reaches(facts.level, LEVEL):
        return f"of level {facts.level}, which has no references and HOI video"
    return None


def _checked(entry: Entry, facts: _Facts) -> Entry:
    missing = missing_members(entry.members.keys(), LEVEL, facts.motion)
    if missing:
        raise SampleError(
            f"sample {entry.key}, shard {entry.shard}: lacks {', '.join(missing)}, which level {facts.level} requires; "
            "run `cointeract lint` on the data set"
        )
    if facts.frames != TARGET_FRAMES:
        raise SampleError(f"sample {entry.key}, shard {entry.shard}: has {facts.frames} frames, not {TARGET_FRAMES}")
    return entry


def _check_all_there(rows: Mapping[str, ManifestRow], seen: Mapping[str, str], split: str) -> None:
    lost = [row for row in rows.values() if row.split == split and row.shard is not None and row.clip_id not in seen]
    if lost:
        raise DataError(
            f"{len(lost)} samples that the manifest names aren't in the shards, the first {lost[0].clip_id} of shard {lost[0].shard}; "
            "pack the data set again"
        )


def _report(config: DataConfig, split: str, entries: list[Entry], left_out: Counter[str]) -> None:
    sizes = Counter(entry.bucket for entry in entries)
    buckets = ", ".join(f"{sizes[bucket]} at {bucket}" for bucket in config.buckets if sizes[bucket])
    log.info("split %r: %d samples (%s)", split, len(entries), buckets or "none")
    for bucket in config.buckets:
        if not sizes[bucket]:
            log.warning("split %r: no sample is nearest to bucket %s", split, bucket)
    if left_out:
        log.warning("split %r: left out are %s", split, _described(left_out))


def _described(left_out: Mapping[str, int]) -> str:
    return ", ".join(_each(left_out))


def _each(left_out: Mapping[str, int]) -> Iterator[str]:
    for reason, count in sorted(left_out.items()):
        yield f"{count} {reason}"
