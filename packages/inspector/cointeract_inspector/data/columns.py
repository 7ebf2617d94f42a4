"""Columns of the rows that are shown: their names, what they hold, and how a page may use them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

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


SEARCH_COLUMN = Column(SEARCH, "text", "text")


def shown_name(name: str) -> str:
    """What a page calls a column of the manifest."""
    return RENAMED.get(name, name.removeprefix(SCORE_PREFIX))


def expressions(names: Sequence[str]) -> dict[str, str]:
    """SQL that makes the columns that pages know out of a table with the columns `names`, by shown name.

    `reason` is made of the rule and the error's type, and a shard is named with its split: two splits may have shards of one name.
    """
    found = {shown_name(name): quoted(name) for name in names if name not in HIDDEN}
    if "rule" in names:
        found[REASON] = 'coalesce("rule", "error_type")'
    if "shard" in names:
        found["shard"] = """CASE WHEN coalesce("split", '') = '' THEN "shard" ELSE "split" || '/' || "shard" END"""
    return found


def complete(schema: pa.Schema) -> dict[str, pa.DataType]:
    """The columns that every data set has, then those that this one has beside them, by shown name."""
    types = {shown_name(field.name): _plain(field.type) for field in schema if field.name not in HIDDEN}
    return ALWAYS | {name: kind for name, kind in types.items() if name not in ALWAYS}


def quoted(name: str) -> str:
    """A column's name in SQL."""
    return '"' + name.replace('"', '""') + '"'


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def described(name: str, kind: pa.DataType, low: float | None, high: float | None) -> Column:
    """What a column holds, from its type and the range of its values."""
    if pa.types.is_boolean(kind):
        return Column(name, "bool", "facet")
    if is_number(kind):
        return Column(name, "number", "axis" if name.startswith(f"{JUDGE}.") else "score", low, high)
    return Column(name, "text", "facet" if is_listed(name) else "text")


def is_listed(name: str) -> bool:
    """Whether a text column has few values, which can be listed: a facet, or a score in words."""
    return name in FACETS or "." in name


def is_number(kind: pa.DataType) -> bool:
    """Whether a column holds numbers."""
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))
