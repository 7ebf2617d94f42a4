"""Columns of the rows that are shown: their names, what they hold, and how a page may use them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from cointeract_shards import manifest_columns
from cointeract_shards.manifest import SCORE_PREFIX

Type = Literal["number", "text", "bool"]
Kind = Literal["score", "axis", "facet", "text"]
JUDGE = "validate"
"""Stage whose scores are verdicts on one axis each."""

RENAMED = {"clip_id": "id", "decision": "verdict", "reason": "reason_text"}
"""Columns of the manifest that a page knows by another name."""
CONTENT = "content_sha256"
HIDDEN = ("rule", CONTENT, "sample_sha256", "members", "fingerprints", *manifest_columns.LIST_COLUMNS)
FACETS = (
    "verdict",
    "reason",
    "stage",
    "split",
    "level",
    "shard",
    "source_id",
    "identity",
    "error_type",
    "review_label",
)
"""Text columns with few values."""
ALWAYS = {
    "id": pa.string(),
    "verdict": pa.string(),
    "stage": pa.string(),
    "reason": pa.string(),
    "reason_text": pa.string(),
    "value": pa.float64(),
    "threshold": pa.float64(),
    "error_type": pa.string(),
    "source_id": pa.string(),
    "source_sha256": pa.string(),
    "identity": pa.string(),
    "level": pa.string(),
    "split": pa.string(),
    "shard": pa.string(),
    "width": pa.int64(),
    "height": pa.int64(),
    "first_frame": pa.int64(),
    "frames": pa.int64(),
    "motion_frames": pa.int64(),
    "shot": pa.int64(),
    "shot_first": pa.int64(),
    "shot_end": pa.int64(),
}
"""Columns that every data set has, empty where nothing is known."""
SEARCH = "search"
"""Not stored: looks into several text columns at once."""
SEARCHED = ("id", "source_id", "reason", "reason_text", "identity", "shard")
REASON = "reason"
"""The rule that turned a clip down, or the type of the error that quarantined it."""


@dataclass(frozen=True)
class Column:
    """One column. `low` and `high` are the least and the greatest value of a number; None where there is none."""

    name: str
    type: Type
    kind: Kind
    low: float | None = None
    high: float | None = None


def rename(table: pa.Table) -> pa.Table:
    """A manifest's flat columns under the names that pages use, with `reason` made of rule and error type.

    Args:
        table: columns of the manifest without members and fingerprints.
    """
    columns: dict[str, pa.ChunkedArray] = {}
    for name in table.column_names:
        if name in HIDDEN:
            continue
        columns[RENAMED.get(name, name.removeprefix(SCORE_PREFIX))] = table.column(name)
    columns[REASON] = pc.coalesce(table.column("rule"), table.column("error_type"))
    return pa.table(columns)


def complete(table: pa.Table) -> pa.Table:
    """The table with the columns that every data set has first, empty where it lacks them."""
    columns = {
        name: table.column(name).cast(kind) if name in table.column_names else pa.nulls(table.num_rows, kind)
        for name, kind in ALWAYS.items()
    }
    rest = {name: table.column(name) for name in table.column_names if name not in ALWAYS}
    return pa.table(columns | rest)


def describe(table: pa.Table) -> tuple[Column, ...]:
    """What each column holds, and the search over several of them."""
    columns = [_describe(name, table.column(name)) for name in table.column_names]
    return (*columns, Column(SEARCH, "text", "text"))


def _describe(name: str, column: pa.ChunkedArray) -> Column:
    if pa.types.is_boolean(column.type):
        return Column(name, "bool", "facet")
    if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
        bounds = pc.min_max(column).as_py()
        kind: Kind = "axis" if name.startswith(f"{JUDGE}.") else "score"
        return Column(name, "number", kind, bounds["min"], bounds["max"])
    return Column(name, "text", "facet" if name in FACETS or "." in name else "text")
