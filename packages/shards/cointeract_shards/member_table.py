"""Where the members of many rows lie, small enough to keep for a whole manifest: thirteen bytes for each member."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

COLUMNS = (
    "members.list.element.name",
    "members.list.element.offset",
    "members.list.element.size",
    "split",
    "shard",
    "sample_sha256",
)
"""Columns of the manifest that it is made of: all but the members' digests, which are most of the bytes."""
DICTIONARIES = ("members.list.element.name", "split", "shard")
"""Those to be read as codes of their values."""


_N = TypeVar("_N", bound=np.integer[Any])


@dataclass(frozen=True, slots=True)
class PackedMember:
    """A member in its shard."""

    name: str
    split: str
    shard: str
    offset: int
    size: int
    sample_sha256: str
    """Of the whole sample: with the name it names the member's content."""


class MemberTable:
    """Members of a run of rows.

    Args:
        table: `COLUMNS` of these rows, `DICTIONARIES` read as dictionaries, in one chunk each.
    """

    def __init__(self, table: pa.Table) -> None:
        lists = table.column("members").chunk(0)
        fields = lists.values
        names = fields.field("name")
        self._starts = _numbers(lists.offsets, np.int32).copy()
        self._names: list[str] = names.dictionary.to_pylist()
        self._codes = _numbers(names.indices, np.int32).astype(np.uint8)
        self._offsets = _numbers(fields.field("offset"), np.int64).copy()
        self._sizes = _numbers(fields.field("size"), np.int64).astype(np.uint32)
        self._places = [table.column(name).chunk(0) for name in ("split", "shard")]
        digests = table.column("sample_sha256").to_pylist()
        self._digests = b"".join(bytes.fromhex(digest) if digest else _NO_DIGEST for digest in digests)

    def members(self, row: int) -> list[PackedMember]:
        """Members of a row of this run, in stored order; none where it isn't packed."""
        split, shard = (column[row].as_py() for column in self._places)
        if shard is None:
            return []
        digest = self._digests[row * len(_NO_DIGEST) : (row + 1) * len(_NO_DIGEST)].hex()
        return [
            PackedMember(
                self._names[self._codes[index]],
                split or "",
                shard,
                int(self._offsets[index]),
                int(self._sizes[index]),
                digest,
            )
            for index in range(int(self._starts[row]), int(self._starts[row + 1]))
        ]


_NO_DIGEST = bytes(32)


def _numbers(array: pa.Array, kind: type[_N]) -> NDArray[_N]:
    """Values of an array without nulls. `to_numpy` would import pandas, which takes a quarter of a second and 40 MB."""
    values = np.frombuffer(array.buffers()[1], dtype=kind)
    return values[array.offset : array.offset + len(array)]
