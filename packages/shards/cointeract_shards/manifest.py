"""The manifest: one row for each clip, accepted, rejected and quarantined alike.

A parquet file with fixed columns and one column `score.<stage>.<name>` for each score that any clip has. The same
rows give the same bytes: rows are sorted by clip id, score columns by name, and nothing of the machine or the clock
is stored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from itertools import pairwise
from typing import Literal, cast, get_args

import pyarrow as pa
import pyarrow.parquet as pq

from cointeract_shards import manifest_columns, storage
from cointeract_shards.errors import ManifestError, SchemaVersionError
from cointeract_shards.records import Level, Score
from cointeract_shards.shard_index import MemberLocation

MANIFEST_VERSION = 1
VERSION_KEY = b"cointeract.manifest_version"
SCORE_PREFIX = "score."
COMPRESSION = "zstd"
COMPRESSION_LEVEL = 3
ROW_GROUP_ROWS = 16_384
PARQUET_VERSION = "2.6"
CACHED_ROWS = 64

Decision = Literal["accepted", "rejected", "quarantined"]
ReviewLabel = Literal["accepted", "rejected"]


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a clip in its shard."""

    name: str
    offset: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """What is known of one clip.

    Raises:
        ManifestError: an empty clip id, an unknown decision, or members without a shard.
    """

    clip_id: str
    source_id: str
    source_sha256: str
    first_frame: int
    """First target frame on the source's 25 fps timeline."""
    frames: int
    motion_frames: int
    shot: int
    """Number of the shot in its source."""
    shot_first: int
    shot_end: int
    """Frame after the shot's last one."""
    width: int | None
    """Null where no stage got far enough to know."""
    height: int | None
    decision: Decision
    stage: str | None = None
    """Stage that the decision came from; null for an accepted clip."""
    rule: str | None = None
    """Rule of the policy that rejected the clip."""
    reason: str | None = None
    """The decision in words."""
    value: float | None = None
    """The score that the rule looked at."""
    threshold: float | None = None
    error_type: str | None = None
    """Type of the error of a quarantined clip."""
    identity: str | None = None
    level: Level | None = None
    """Level of the packed sample; null if it isn't packed."""
    split: str | None = None
    shard: str | None = None
    """File name of the shard; null if the clip isn't packed."""
    members: tuple[Member, ...] = ()
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    """Fingerprint by stage."""
    scores: Mapping[str, Score] = field(default_factory=dict)
    """Score by `<stage>.<name>`. A null score is stored as no score."""
    content_sha256: str | None = None
    """What a reviewer judges (`reviews.content`), packed or not; null in a manifest from before there were reviews."""
    review_label: ReviewLabel | None = None
    """What people say under the policy that the data set was packed with; the algorithm's `decision` stays beside it."""
    review_reasons: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    """Who voted."""
    review_conflict: bool = False
    """Some accept and some reject."""

    def __post_init__(self) -> None:
        if not self.clip_id:
            raise ManifestError("a manifest row has an empty clip id; every clip needs one")
        if self.decision not in get_args(Decision):
            known = ", ".join(get_args(Decision))
            raise ManifestError(f"clip {self.clip_id}: decision {self.decision!r} is none of {known}")
        if self.review_label not in (None, *get_args(ReviewLabel)):
            known = ", ".join(get_args(ReviewLabel))
            raise ManifestError(f"clip {self.clip_id}: review label {self.review_label!r} is none of {known}")
        if (self.shard is None) != (not self.members) or (self.shard is None) != (self.split is None):
            raise ManifestError(
                f"clip {self.clip_id}: split {self.split!r}, shard {self.shard!r} and "
                f"{len(self.members)} members don't fit; "
                "a packed clip has all three, another one has none"
            )

    @property
    def selected(self) -> bool:
        """Whether the clip belongs into the data: what people say comes before what the algorithm decided."""
        return self.decision == "accepted" if self.review_label is None else self.review_label == "accepted"

    @property
    def sample_sha256(self) -> str | None:
        """Digest over the members' names and digests; null if the clip isn't packed."""
        return sample_digest({member.name: member.sha256 for member in self.members}) if self.members else None

    def locations(self) -> list[MemberLocation]:
        """Where each member lies; empty if the clip isn't packed."""
        if self.shard is None or self.split is None:
            return []
        return [
            MemberLocation(self.clip_id, m.name, self.split, self.shard, m.offset, m.size, m.sha256)
            for m in self.members
        ]


def sample_digest(member_sha256: Mapping[str, str]) -> str:
    """SHA-256 over the lines `<name> <sha256>` of all members, sorted by name."""
    lines = "".join(f"{name} {member_sha256[name]}\n" for name in sorted(member_sha256))
    return hashlib.sha256(lines.encode()).hexdigest()


def members_by_key(locations: Iterable[MemberLocation]) -> dict[str, tuple[Member, ...]]:
    """Members of each sample in stored order, for `ManifestRow.members`."""
    grouped: dict[str, list[Member]] = {}
    for place in locations:
        grouped.setdefault(place.key, []).append(Member(place.name, place.offset, place.size, place.sha256))
    return {key: tuple(found) for key, found in grouped.items()}


def write_manifest(rows: Iterable[ManifestRow], path: storage.Location) -> None:
    """Write the manifest; it appears whole or not at all.

    Raises:
        ManifestError: a clip id came twice, or a score has values of different kinds.
    """
    ordered = sorted(rows, key=lambda row: row.clip_id)
    for before, after in pairwise(ordered):
        if before.clip_id == after.clip_id:
            raise ManifestError(f"clip {after.clip_id!r} has two manifest rows; each clip has exactly one")
    table = _to_table(ordered)
    buffer = BytesIO()
    pq.write_table(
        table,
        buffer,
        version=PARQUET_VERSION,
        compression=COMPRESSION,
        compression_level=COMPRESSION_LEVEL,
        row_group_size=ROW_GROUP_ROWS,
    )
    storage.write_bytes(path, buffer.getvalue())


def read_manifest_table(path: storage.Location) -> pa.Table:
    """The manifest as an Arrow table, for queries over columns.

    Raises:
        ManifestError: missing, or not a parquet file.
        SchemaVersionError: not a manifest, or of a version that this package doesn't know.
    """
    try:
        with storage.open_binary(path) as stream:
            # Without threads: those that Arrow starts abort a process that ends right after a short read.
            table = pq.ParquetFile(stream, pre_buffer=False).read(use_threads=False)
    except FileNotFoundError as error:
        raise ManifestError(f"there is no manifest at {path}; curate or pack the data set first") from error
    except pa.ArrowInvalid as error:
        raise ManifestError(f"{path} is not a whole parquet file: {error}") from error
    check_version(table.schema, path)
    return table


def read_manifest(path: storage.Location) -> list[ManifestRow]:
    """All rows, sorted by clip id.

    Raises:
        ManifestError: missing, not a parquet file, or without a column that a manifest has.
        SchemaVersionError: not a manifest, or of a version that this package doesn't know.
    """
    table = read_manifest_table(path)
    missing = set(manifest_columns.FIXED_COLUMNS) - set(manifest_columns.REVIEW_COLUMNS) - set(table.column_names)
    if missing:
        raise ManifestError(f"{path} lacks the columns {', '.join(sorted(missing))}; write the manifest again")
    rows: list[ManifestRow] = []
    for batch in table.to_batches(max_chunksize=ROW_GROUP_ROWS):
        rows += _batch_rows(batch)
    return rows


def _to_table(rows: list[ManifestRow]) -> pa.Table:
    columns: dict[str, pa.Array] = {}
    for name, kind in manifest_columns.FIXED_COLUMNS.items():
        if name == "members":
            columns[name] = manifest_columns.members_array([row.members for row in rows])
        elif name == "fingerprints":
            columns[name] = pa.array([sorted(row.fingerprints.items()) for row in rows], kind)
        else:
            columns[name] = pa.array([getattr(row, name) for row in rows], kind)
    for name, values in sorted(_score_columns(rows).items()):
        columns[SCORE_PREFIX + name] = manifest_columns.score_array(name, values)
    schema = pa.schema([(name, column.type) for name, column in columns.items()])
    return pa.table(columns, schema=schema.with_metadata({VERSION_KEY: str(MANIFEST_VERSION).encode()}))


def _score_columns(rows: list[ManifestRow]) -> dict[str, list[Score]]:
    """Scores turned from rows to columns, a few rows at a time so that their dictionaries stay in the processor's
    cache."""
    columns: dict[str, list[Score]] = {name: [] for name in set().union(*(row.scores for row in rows))}
    for start in range(0, len(rows), CACHED_ROWS):
        scores = [row.scores for row in rows[start : start + CACHED_ROWS]]
        for name, values in columns.items():
            values += [of_row.get(name) for of_row in scores]
    return columns


def _batch_rows(batch: pa.RecordBatch) -> list[ManifestRow]:
    there = set(batch.schema.names)
    plain = {name: batch.column(name).to_pylist() for name in manifest_columns.PLAIN_COLUMNS if name in there}
    for name in manifest_columns.LIST_COLUMNS:
        if name in there:
            plain[name] = [tuple(values) for values in batch.column(name).to_pylist()]
    members = manifest_columns.member_lists(batch.column("members"), Member)
    fingerprints = [dict(pairs) for pairs in batch.column("fingerprints").to_pylist()]
    scores: list[dict[str, Score]] = [{} for _ in range(batch.num_rows)]
    for name in batch.schema.names:
        if name.startswith(SCORE_PREFIX):
            short = name.removeprefix(SCORE_PREFIX)
            for row_scores, value in zip(scores, manifest_columns.score_values(batch.column(name)), strict=True):
                if value is not None:
                    row_scores[short] = value
    names = list(plain)
    rows = []
    for index, values in enumerate(zip(*plain.values(), strict=True)):
        fields = dict(zip(names, values, strict=True))
        rows.append(
            ManifestRow(**fields, members=members[index], fingerprints=fingerprints[index], scores=scores[index])
        )
    return rows


def check_version(schema: pa.Schema, path: storage.Location) -> None:
    """Whether a parquet file is a manifest that this package reads.

    Raises:
        SchemaVersionError: not a manifest, or of a version that this package doesn't know.
    """
    stated = cast("dict[bytes, bytes]", schema.metadata or {}).get(VERSION_KEY)
    if stated is None:
        raise SchemaVersionError(f"{path} is a parquet file, but not a manifest: it states no {VERSION_KEY.decode()}")
    if stated != str(MANIFEST_VERSION).encode():
        raise SchemaVersionError(
            f"{path} is a manifest of version {stated.decode(errors='replace')}, this package reads version "
            f"{MANIFEST_VERSION}; use the release of cointeract-shards that wrote it, or pack the data set again"
        )
