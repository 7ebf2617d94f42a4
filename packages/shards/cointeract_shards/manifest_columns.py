"""Columns of the manifest: their Arrow types, and the conversions that a plain list of rows would do slowly."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar, cast

import pyarrow as pa

from cointeract_shards.errors import ManifestError
from cointeract_shards.records import Score

_TEXT = pa.string()
_WHOLE = pa.int64()
_REAL = pa.float64()

MEMBER_FIELDS = {"name": _TEXT, "offset": _WHOLE, "size": _WHOLE, "sha256": _TEXT}
MEMBER_TYPE = pa.struct(list(MEMBER_FIELDS.items()))

FIXED_COLUMNS: dict[str, pa.DataType] = {
    "clip_id": _TEXT,
    "source_id": _TEXT,
    "source_sha256": _TEXT,
    "first_frame": _WHOLE,
    "frames": _WHOLE,
    "motion_frames": _WHOLE,
    "shot": _WHOLE,
    "shot_first": _WHOLE,
    "shot_end": _WHOLE,
    "width": _WHOLE,
    "height": _WHOLE,
    "decision": _TEXT,
    "stage": _TEXT,
    "rule": _TEXT,
    "reason": _TEXT,
    "value": _REAL,
    "threshold": _REAL,
    "error_type": _TEXT,
    "identity": _TEXT,
    "level": _TEXT,
    "split": _TEXT,
    "shard": _TEXT,
    "members": pa.list_(MEMBER_TYPE),
    "sample_sha256": _TEXT,
    "fingerprints": pa.map_(_TEXT, _TEXT),
    "content_sha256": _TEXT,
    "review_label": _TEXT,
    "review_reasons": pa.list_(_TEXT),
    "reviewers": pa.list_(_TEXT),
    "review_conflict": pa.bool_(),
}
"""Name and type of every column but the scores, in stored order."""

REVIEW_COLUMNS = ("content_sha256", "review_label", "review_reasons", "reviewers", "review_conflict")
"""Columns that a manifest of this version may lack: it was written before there were reviews."""
LIST_COLUMNS = ("review_reasons", "reviewers")
DERIVED_COLUMNS = ("members", "sample_sha256", "fingerprints")
PLAIN_COLUMNS = tuple(name for name in FIXED_COLUMNS if name not in (*DERIVED_COLUMNS, *LIST_COLUMNS))
"""Columns whose values are the row's fields as they are."""


class MemberLike(Protocol):
    """A member's name, place, size and digest."""

    @property
    def name(self) -> str:
        """Member name."""

    @property
    def offset(self) -> int:
        """First byte in the shard."""

    @property
    def size(self) -> int:
        """Bytes."""

    @property
    def sha256(self) -> str:
        """Digest of the content."""


_M = TypeVar("_M")


def members_array(rows: Sequence[Sequence[MemberLike]]) -> pa.Array:
    """The `members` column: for each row a list of structs."""
    offsets = [0]
    for row in rows:
        offsets.append(offsets[-1] + len(row))
    fields = [
        pa.array([getattr(member, name) for row in rows for member in row], kind)
        for name, kind in MEMBER_FIELDS.items()
    ]
    structs = pa.StructArray.from_arrays(fields, fields=list(MEMBER_TYPE))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), structs)


def member_lists(column: pa.Array, make: Callable[[str, int, int, str], _M]) -> list[tuple[_M, ...]]:
    """The `members` column back as one tuple of members for each row."""
    structs = column.flatten()
    flat = [make(*values) for values in zip(*(structs.field(name).to_pylist() for name in MEMBER_FIELDS), strict=True)]
    rows = []
    start = 0
    for length in column.value_lengths().to_pylist():
        rows.append(tuple(flat[start : start + length]))
        start += length
    return rows


def score_array(name: str, values: Sequence[Score]) -> pa.Array:
    """One score of all clips as float64, bool or text, null where a clip lacks it.

    Raises:
        ManifestError: the values are of different kinds, or a number isn't finite.
    """
    import pyarrow.compute as pc  # takes a tenth of a second and memory: who only reads a manifest doesn't need it

    try:
        column = pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        found = ", ".join(sorted({type(value).__name__ for value in values if value is not None}))
        raise ManifestError(
            f"score {name!r} has values of the kinds {found}; a score is a number, a bool or text in every clip"
        ) from error
    if column.type in (pa.bool_(), _TEXT):
        return column
    numbers = column.cast(_REAL)
    if pc.all(pc.is_finite(numbers)).as_py() is False:
        bad = next(value for value in values if isinstance(value, float) and not math.isfinite(value))
        raise ManifestError(f"score {name!r} has the value {bad}; store null where a score can't be measured")
    return numbers


def score_values(column: pa.Array) -> list[Score]:
    """A score column back as plain values, None where null."""
    if column.type != _REAL:
        return cast("list[Score]", column.to_pylist())
    # A null reads as NaN here, and a stored number is always finite; this is several times faster than to_pylist.
    numbers: list[float] = column.to_numpy(zero_copy_only=False).tolist()
    return [None if math.isnan(number) else number for number in numbers]
