"""The tables of inputs and windows: ``sources.parquet`` has a row for each input file, ``clips.parquet`` one for each window."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cointeract_curation.core.dataset import Dataset
from cointeract_curation.core.standing import Standing
from cointeract_curation.core.units import ClipUnit
from cointeract_curation.ledger import DUPLICATE, FileRow, Ledger, SourceRow
from cointeract_shards import storage
from cointeract_shards.dataset import DatasetLayout

_SOURCE_SCHEMA = pa.schema(
    [
        ("path", pa.string()),
        ("status", pa.string()),
        ("source_id", pa.string()),
        ("sha256", pa.string()),
        ("bytes", pa.int64()),
        ("duplicate_of", pa.string()),
        ("stage", pa.string()),
        ("rule", pa.string()),
        ("reason", pa.string()),
        ("error_type", pa.string()),
        ("duration_s", pa.float64()),
        ("rate", pa.float64()),
        ("width", pa.int64()),
        ("height", pa.int64()),
        ("shots", pa.int64()),
        ("windows", pa.int64()),
    ]
)
_CLIP_SCHEMA = pa.schema(
    [
        ("clip_id", pa.string()),
        ("source_id", pa.string()),
        ("source_sha256", pa.string()),
        ("first_frame", pa.int64()),
        ("frames", pa.int64()),
        ("motion_frames", pa.int64()),
        ("shot", pa.int64()),
        ("shot_first", pa.int64()),
        ("shot_end", pa.int64()),
    ]
)


def write_tables(dataset: Dataset, ledger: Ledger) -> None:
    """Write both tables; each appears whole. Equal ledgers give equal bytes."""
    by_source = {row.unit.sha256: row for row in ledger.sources}
    sources = [_source_row(row, by_source) for row in ledger.files]
    clips = [_clip_row(clip.unit) for clip in ledger.clips if isinstance(clip.unit, ClipUnit)]
    _write(sources, _SOURCE_SCHEMA, dataset.location(DatasetLayout.SOURCES_NAME))
    _write(clips, _CLIP_SCHEMA, dataset.location(DatasetLayout.CLIPS_NAME))


def _write(rows: list[dict[str, Any]], schema: pa.Schema, location: storage.Location) -> None:
    buffer = BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), buffer, compression="zstd")
    storage.write_bytes(location, buffer.getvalue())


def _source_row(file: FileRow, by_source: dict[str, SourceRow]) -> dict[str, Any]:
    row: dict[str, Any] = {"path": file.unit.path, "bytes": file.unit.size if file.unit.size >= 0 else None}
    if file.source is None:
        return {**row, **_ending(file.standing)}
    source = by_source[file.source.sha256]
    row |= {"source_id": file.source.unit_id, "sha256": file.source.sha256, **_ending(source.standing)}
    if "probe" in source.standing.outcomes:
        scores = source.standing.outcomes["probe"].scores
        row |= {name: scores.get(name) for name in ("duration_s", "rate", "width", "height")}
    if source.split is not None:
        row |= {"shots": len(source.split.shots), "windows": len(source.split.windows)}
    if file.duplicate_of:
        row |= {
            "status": DUPLICATE,
            "duplicate_of": file.duplicate_of,
            "reason": f"the same content as {file.duplicate_of}",
        }
    return row


def _ending(standing: Standing) -> dict[str, Any]:
    return {
        "status": str(standing.state),
        "stage": standing.stage or None,
        "rule": standing.rejection.rule if standing.rejection else None,
        "reason": standing.reason or None,
        "error_type": standing.failure.error_type if standing.failure else None,
    }


def _clip_row(unit: ClipUnit) -> dict[str, Any]:
    return {
        "clip_id": unit.unit_id,
        "source_id": unit.source.unit_id,
        "source_sha256": unit.source.sha256,
        "first_frame": unit.first,
        "frames": unit.frames,
        "motion_frames": unit.motion_frames,
        "shot": unit.shot,
        "shot_first": unit.shot_first,
        "shot_end": unit.shot_end,
    }
