"""A manifest held open: flat columns for queries, and each row's members and fingerprints only when somebody asks.

Members are most of a manifest's bytes (a digest for each file of each sample) and a program that shows or counts rows
needs few of them. The file stays open, so that a manifest that is replaced under a running program is read to its end.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from itertools import accumulate
from pathlib import Path
from threading import Lock
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cointeract_shards import manifest_columns, storage
from cointeract_shards.errors import ManifestError
from cointeract_shards.manifest import Member, check_version

KEPT_GROUPS = 2
"""Row groups whose members stay in memory."""
_NESTED = ("members", "fingerprints")


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
            self._file = pq.ParquetFile(source)
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
        self._kept: OrderedDict[int, pa.Table] = OrderedDict()
        self._lock = Lock()

    @property
    def rows(self) -> int:
        """Number of clips."""
        return self._starts[-1]

    def flat(self) -> pa.Table:
        """All columns but members and fingerprints."""
        names = [name for name in self._file.schema_arrow.names if name not in _NESTED]
        with self._lock:
            return self._file.read(columns=names)

    def members(self, row: int) -> tuple[Member, ...]:
        """Members of a clip, in stored order; none where it isn't packed."""
        return tuple(Member(**fields) for fields in self._nested(row, "members"))

    def fingerprints(self, row: int) -> dict[str, str]:
        """Fingerprint by stage of a clip."""
        return dict(self._nested(row, "fingerprints"))

    def close(self) -> None:
        """Let go of the file."""
        self._file.close(force=True)

    def _nested(self, row: int, column: str) -> list[Any]:
        if not 0 <= row < self.rows:
            raise IndexError(f"{self.path} has {self.rows} rows, there is no row {row}")
        group = bisect_right(self._starts, row) - 1
        found: list[Any] = self._group(group).column(column)[row - self._starts[group]].as_py()
        return found

    def _group(self, group: int) -> pa.Table:
        with self._lock:
            table = self._kept.pop(group, None)
            if table is None:
                table = self._file.read_row_group(group, columns=list(_NESTED))
            self._kept[group] = table
            while len(self._kept) > KEPT_GROUPS:
                self._kept.popitem(last=False)
            return table
