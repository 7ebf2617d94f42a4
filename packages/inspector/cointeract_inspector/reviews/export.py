"""Writes the manifest with what people say beside it: `manifest.reviewed.parquet`. The algorithm's verdicts stay."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict

from cointeract_inspector.data.snapshot import Snapshot
from cointeract_inspector.errors import ApiError
from cointeract_inspector.reviews.desk import Desk
from cointeract_shards import manifest_columns, storage
from cointeract_shards.dataset import DatasetLayout
from cointeract_shards.manifest import COMPRESSION, read_manifest_table
from cointeract_shards.reviews.errors import ReviewError
from cointeract_shards.reviews.policy import ReviewPolicy, Settlement, Verdict, settle

REVIEWED_NAME = "manifest.reviewed.parquet"
_NOBODY = Verdict(None, (), (), conflict=False)


class ExportRequest(BaseModel):
    """What the page asks for."""

    model_config = ConfigDict(extra="forbid")

    policy: str
    keep_stale: bool = False
    preview: bool = False
    """Only count."""


def export(snapshot: Snapshot, desk: Desk, request: ExportRequest) -> dict[str, Any]:
    """Count labels under a policy, and write them beside the manifest unless it is a preview.

    Raises:
        ApiError: 400 an unknown policy, 409 no manifest to write them to, 507 or 500 it can't be written.
    """
    try:
        policy = ReviewPolicy.parse(request.policy)
    except ReviewError as error:
        raise ApiError(400, "bad_policy", str(error)) from error
    desk.refresh()
    judgements = desk.all_judgements()
    rows = {item.sample: snapshot.clip_ids.row(item.sample) for item in judgements}
    content = {sample: snapshot.parts.content(row) for sample, row in rows.items() if row is not None}
    settled = settle(judgements, content, policy, keep_stale=request.keep_stale)
    counts = Counter(verdict.label or "undecided" for verdict in settled.verdicts.values())
    return {
        "path": None if request.preview else str(_write(snapshot, settled)),
        "counts": {**counts, "unreviewed": len(snapshot.clip_ids) - len(settled.verdicts)},
        "conflicts": len(settled.conflicts),
        "stale": len(settled.stale),
        "unknown": len(settled.unknown),
        "command": f"cointeract pack {shlex.quote(str(snapshot.root))} --reviews {policy}",
    }


def _write(snapshot: Snapshot, settled: Settlement) -> storage.Location:
    if snapshot.kind != "manifest":
        raise ApiError(
            409,
            "no_manifest",
            f"{snapshot.root} has no manifest to write reviews to",
            "curate or pack the data set first",
        )
    if storage.is_url(snapshot.root):
        raise ApiError(
            409, "read_only", f"{snapshot.root} is a URL; it isn't written to", "use the command on a local copy"
        )
    table = read_manifest_table(storage.join(snapshot.root, DatasetLayout.MANIFEST_NAME))
    ids: list[str] = table.column("clip_id").to_pylist()
    for name, column in _columns(ids, settled.verdicts).items():
        there = name in table.column_names
        table = (
            table.set_column(table.column_names.index(name), name, column)
            if there
            else table.append_column(name, column)
        )
    buffer = BytesIO()
    pq.write_table(table, buffer, compression=COMPRESSION)
    path = storage.join(snapshot.root, REVIEWED_NAME)
    try:
        storage.write_bytes(path, buffer.getvalue())
    except OSError as error:
        raise ApiError(
            507, "disk_full", f"{path} can't be written: {error.strerror}", "free some space, then again"
        ) from error
    return path


def _columns(ids: list[str], verdicts: Mapping[str, Verdict]) -> dict[str, pa.Array]:
    found = [verdicts.get(clip_id, _NOBODY) for clip_id in ids]
    values: dict[str, list[Any]] = {
        "review_label": [verdict.label for verdict in found],
        "review_reasons": [verdict.reasons for verdict in found],
        "reviewers": [verdict.reviewers for verdict in found],
        "review_conflict": [verdict.conflict for verdict in found],
    }
    return {name: pa.array(items, manifest_columns.FIXED_COLUMNS[name]) for name, items in values.items()}
