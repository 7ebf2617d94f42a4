"""Rows of a folder of shards without a manifest: what the samples say of themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cointeract_shards import members, storage
from cointeract_shards.errors import ContractError
from cointeract_shards.manifest import SCORE_PREFIX
from cointeract_shards.reader import ShardReader, ShardRef, list_shards
from cointeract_shards.records import Meta
from cointeract_shards.shard_index import MemberLocation


@dataclass(frozen=True)
class ScannedRows:
    """Flat columns by their names in a manifest, where each row's members lie, and what could not be read."""

    columns: Mapping[str, list[Any]]
    samples: Sequence[Sequence[MemberLocation]]
    problems: tuple[str, ...]


def shards_root(root: storage.Location) -> storage.Location:
    """The folder of shards in a data set, or the folder itself."""
    below = storage.join(root, "shards")
    return below if storage.exists(below) else root


def scan_shards(root: storage.Location) -> ScannedRows:
    """Every sample below `root`. A shard that can't be read is a problem, the others are shown.

    Raises:
        ShardError: `root` isn't a folder.
    """
    refs = list_shards(root)
    reader = ShardReader(root)
    problems: list[str] = []
    samples: list[list[MemberLocation]] = []
    rows: list[dict[str, Any]] = []
    seen: set[str] = set()
    for ref in refs:
        try:
            found = list(_samples(reader, ref))
        except ContractError as error:
            problems.append(str(error))
            continue
        for key, locations in found:
            if key in seen:
                problems.append(f"sample {key} lies in more than one place; the first is shown")
                continue
            seen.add(key)
            samples.append(locations)
            rows.append(_row(key, locations, reader, problems))
    order = sorted(range(len(rows)), key=lambda row: str(rows[row]["clip_id"]))
    names = sorted({name for row in rows for name in row}, key=lambda name: ("." in name, name))
    columns = {name: [rows[index].get(name) for index in order] for name in names}
    return ScannedRows(columns, [samples[index] for index in order], tuple(problems))


def _samples(reader: ShardReader, ref: ShardRef) -> Iterable[tuple[str, list[MemberLocation]]]:
    grouped: dict[str, list[MemberLocation]] = {}
    for location in reader.index(ref).locations(ref.split):
        grouped.setdefault(location.key, []).append(location)
    return grouped.items()


def _row(key: str, locations: list[MemberLocation], reader: ShardReader, problems: list[str]) -> dict[str, Any]:
    first = locations[0]
    row: dict[str, Any] = {
        "clip_id": key,
        "decision": "accepted",
        "split": first.split or None,
        "shard": first.shard,
        "stage": None,
        "rule": None,
        "reason": None,
        "value": None,
        "threshold": None,
        "error_type": None,
    }
    place = next((location for location in locations if location.name == members.META), None)
    if place is None:
        problems.append(f"sample {key} of {first.shard} has no {members.META}")
        return row | dict.fromkeys(_META_FIELDS)
    try:
        meta = Meta.from_bytes(reader.read(place), where=f"{key}/{members.META}")
    except ContractError as error:
        problems.append(str(error))
        return row | dict.fromkeys(_META_FIELDS)
    scores = {SCORE_PREFIX + name: value for name, value in meta.scores.items()}
    shot = {"shot": meta.shot.index, "shot_first": meta.shot.first, "shot_end": meta.shot.end}
    return row | {name: getattr(meta, name) for name in _META_FIELDS if name not in shot} | shot | scores


_META_FIELDS = (
    "source_id",
    "source_sha256",
    "identity",
    "level",
    "first_frame",
    "frames",
    "motion_frames",
    "shot",
    "shot_first",
    "shot_end",
    "width",
    "height",
)
