"""A manifest held open: flat columns for queries, and each row's members and fingerprints only when somebody asks.

Members are most of a manifest's bytes (a digest for each file of each sample) and a program that shows or counts rows
needs few of them. The file stays open, so that a manifest that is replaced under a running program is read to its end.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from threading import Lock
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cointeract_shards import manifest_columns, member_table, storage
from cointeract_shards.errors import ManifestError
from cointeract_shards.manifest import Member, check_version
from cointeract_shards.member_table import MemberTable, PackedMember

BATCH_ROWS = 8192
KEPT_GROUPS = 2
"""Row groups whose digests or fingerprints stay in memory."""
_NESTED = ("members", "fingerprints")
_REPEATED = ("fingerprints.key_value.key",)
"""Text that is the same in every row, read as codes."""


class ManifestFile:
    """An open manifest.

    Args:
        path: of the manifest.

    Raises:
        ManifestError: missing, not a parquet file, or without a column that a manifest has.
        SchemaVersionError: not a manifest, or of a version that this package doesn't know.
    """

    def __init__(self, path: storage.Location) -> None:
        self.path = path
        try:
            source = pa.BufferReader(storage.read_bytes(path)) if storage.is_url(path) else Path(path)
            self._file = pq.ParquetFile(
                source, pre_buffer=False, read_dictionary=[*member_table.DICTIONARIES, *_REPEATED]
            )
        except FileNotFoundError as error:
            raise ManifestError(f"there is no manifest at {path}; curate or pack the data set first") from error
        except pa.ArrowInvalid as error:
            raise ManifestError(f"{path} is not a whole parquet file: {error}") from error
        check_version(self._file.schema_arrow, path)
        missing = set(manifest_columns.FIXED_COLUMNS) - set(manifest_columns.REVIEW_COLUMNS)
        missing -= set(self._file.schema_arrow.names)
        if missing:
            raise ManifestError(f"{path} lacks the columns {', '.join(sorted(missing))}; write the manifest again")
        groups = self._file.metadata.num_row_groups
        sizes = [self._file.metadata.row_group(group).num_rows for group in range(groups)]
        self._starts: list[int] = [0, *accumulate(sizes)]
        self._kept: OrderedDict[tuple[int, str], pa.ChunkedArray] = OrderedDict()
        self._places: dict[int, MemberTable] = {}
        self._lock = Lock()

    @property
    def rows(self) -> int:
        """Number of clips."""
        return self._starts[-1]

    @property
    def flat_schema(self) -> pa.Schema:
        """All columns but members and fingerprints, as they are read."""
        return pa.schema([field for field in self._file.schema_arrow if field.name not in _NESTED])

    def columns(self, names: Sequence[str]) -> pa.Table:
        """Some flat columns of all rows."""
        with self._lock:
            return self._file.read(columns=list(names), use_threads=False)

    def batches(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Some flat columns, a few thousand rows at a time, so that a large manifest is never in memory as a whole."""
        with self._lock:
            yield from self._file.iter_batches(batch_size=BATCH_ROWS, columns=list(names), use_threads=False)

    def packed_members(self, row: int) -> list[PackedMember]:
        """Where the members of a clip lie, in stored order; none where it isn't packed. Quick, and kept for all rows."""
        group = self._group_of(row)
        with self._lock:
            table = self._places.get(group)
            if table is None:
                read = self._read_group(group, member_table.COLUMNS)
                table = self._places[group] = MemberTable(read.combine_chunks())
        return table.members(row - self._starts[group])

    def members(self, row: int) -> tuple[Member, ...]:
        """Members of a clip with their digests, in stored order; none where it isn't packed."""
        return tuple(Member(**fields) for fields in self._nested(row, "members"))

    def fingerprints(self, row: int) -> dict[str, str]:
        """Fingerprint by stage of a clip."""
        return dict(self._nested(row, "fingerprints"))

    def close(self) -> None:
        """Let go of the file."""
        self._file.close(force=True)

    def _nested(self, row: int, column: str) -> list[Any]:
        group = self._group_of(row)
        with self._lock:
            values = self._kept.pop((group, column), None)
            if values is None:
                values = self._read_group(group, [column]).column(0)
            self._kept[group, column] = values
            while len(self._kept) > KEPT_GROUPS:
                self._kept.popitem(last=False)
        found: list[Any] = values[row - self._starts[group]].as_py()
        return found

    def _read_group(self, group: int, columns: Sequence[str]) -> pa.Table:
        table = self._file.read_row_group(group, columns=list(columns), use_threads=False)
        # Reading takes several times what is kept, and the pool would hold on to it.
        pa.default_memory_pool().release_unused()
        return table

    def _group_of(self, row: int) -> int:
        if not 0 <= row < self.rows:
            raise IndexError(f"{self.path} has {self.rows} rows, there is no row {row}")
        return bisect_right(self._starts, row) - 1
