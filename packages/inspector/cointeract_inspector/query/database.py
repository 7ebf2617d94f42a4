"""The rows of a snapshot in an in-memory database that requests query side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cointeract_inspector.data.columns import (
    SEARCH_COLUMN,
    Column,
    described,
    expressions,
    is_listed,
    is_number,
    quoted,
)
from cointeract_inspector.data.snapshot import Incoming, Loaded

STORE = "store"
TABLE = f"{STORE}.clips"
MARKS = "marks"
"""What reviewers decided, as the asking reviewer may see it: a table that each request brings along."""
ROW = "row"
MOST_VALUES = 20_000
"""Text columns with fewer values are stored as an enumeration: a byte or two for each row, and quick to group by."""

MARK_COLUMNS = (
    Column("my", "text", "facet"),
    Column("my_reason", "text", "facet"),
    Column("stale", "bool", "facet"),
    Column("conflict", "bool", "facet"),
    Column("reviewed_by", "number", "score", 0, 1),
)
"""Columns of the reviews, joined to each row."""
MARK_NAMES = frozenset(column.name for column in MARK_COLUMNS)


LABELS: tuple[str | None, ...] = (None, "accept", "reject", "skip")
"""A reviewer's label of a row, by the code that stands for it."""


@dataclass(frozen=True)
class Marks:
    """Reviews of some rows, as one reviewer may see them. All arrays have shape `(rows,)`. `version` changes when they do.

    They are joined as numbers: Arrow makes arrays of text only with pandas, which takes longer to import than a query takes.
    """

    rows: NDArray[np.uint32]
    labels: NDArray[np.uint8]
    """Places in `LABELS`."""
    reasons: NDArray[np.uint8]
    """Places in `words`, from 1; 0 for none."""
    stale: NDArray[np.uint8]
    conflict: NDArray[np.uint8]
    reviewed_by: NDArray[np.uint8]
    words: tuple[str, ...]
    version: int

    def reader(self) -> pa.RecordBatchReader:
        """The arrays as a table that can be read once."""
        flags = {"label": self.labels, "reason": self.reasons, "stale": self.stale, "conflict": self.conflict}
        arrays = {ROW: _column(self.rows, pa.uint32())}
        arrays |= {name: _column(values, pa.uint8()) for name, values in flags.items()}
        arrays["reviewed_by"] = _column(self.reviewed_by, pa.uint8())
        batch = pa.RecordBatch.from_arrays(list(arrays.values()), names=list(arrays))
        return pa.RecordBatchReader.from_batches(batch.schema, iter([batch]))

    def expressions(self) -> str:
        """The columns of `MARK_COLUMNS` in SQL, for a table joined with these."""
        labels = ", ".join(_text(label) for label in LABELS[1:] if label)
        words = ", ".join(_text(word) for word in self.words)
        return (
            f"list_extract(CAST([{labels}] AS VARCHAR[]), {MARKS}.label::BIGINT) AS my, "
            f"list_extract(CAST([{words}] AS VARCHAR[]), {MARKS}.reason::BIGINT) AS my_reason, "
            f"coalesce({MARKS}.stale, 0)::BOOLEAN AS stale, coalesce({MARKS}.conflict, 0)::BOOLEAN AS conflict, "
            f"coalesce({MARKS}.reviewed_by, 0)::INTEGER AS reviewed_by"
        )


def _column(values: NDArray[Any], kind: pa.DataType) -> pa.Array:
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(values)])


def _text(value: str) -> str:
    """A text in SQL."""
    return "'" + value.replace("'", "''") + "'"


# Nothing is read from files or written to them, not even what doesn't fit into memory. One thread for each statement: requests run
# side by side anyway, and several would take several times the memory.
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,
    "enable_external_access": False,
    "temp_directory": "",
}
# Compressed, 100,000 rows of 100 scores take a third of what they take otherwise. Small groups keep what waits to be compressed small.
_STORE = f"ATTACH ':memory:' AS {STORE} (COMPRESS, ROW_GROUP_SIZE 16384)"


class Database:
    """The rows of one snapshot.

    Args:
        loaded: the snapshot with its flat columns, which are read to their end.
    """

    def __init__(self, loaded: Loaded) -> None:
        self._connection = duckdb.connect(":memory:", config=_CONFIG)
        self._connection.execute(_STORE)
        self._fill(loaded)
        # Gives back what filling needed and the table doesn't.
        self._connection.execute("SET allocator_background_threads = true")
        pa.default_memory_pool().release_unused()
        self.rows: int = self.run(f"SELECT count(*) FROM {TABLE}", []).fetchall()[0][0]
        self.stored = self._describe(loaded.columns)
        """Columns of each row, in stored order."""
        self.columns: dict[str, Column] = {
            column.name: column for column in (*self.stored, SEARCH_COLUMN, *MARK_COLUMNS)
        }
        """Columns that can be asked for."""

    def run(self, sql: str, values: Sequence[Any], marks: Marks | None = None) -> duckdb.DuckDBPyConnection:
        """Run one statement on a connection of its own, which many threads may do at once. Values are bound, never pasted."""
        cursor = self._connection.cursor()
        if marks is not None:
            cursor.register(MARKS, marks.reader())
        return cursor.execute(sql, list(values))

    def records(self, rows: Iterable[int], names: Sequence[str]) -> dict[int, dict[str, Any]]:
        """Some columns of some rows, by row; rows that don't exist are left out."""
        wanted = [int(row) for row in rows]
        if not wanted:
            return {}
        picked = ", ".join(quoted(name) for name in names)
        # Plain equality lets whole groups of rows be passed over.
        condition = f"{ROW} = ?" if len(wanted) == 1 else f"{ROW} IN ({', '.join('?' * len(wanted))})"
        found = self.run(f"SELECT {ROW}, {picked} FROM {TABLE} WHERE {condition}", wanted).fetchall()
        return {values[0]: dict(zip(names, values[1:], strict=True)) for values in found}

    def stored_columns(self) -> list[str]:
        """Names of the columns that each row has, in stored order."""
        return [column.name for column in self.stored]

    def _fill(self, loaded: Loaded) -> None:
        kinds = {
            name: self._kind(name, kind, loaded.incoming, index)
            for index, (name, kind) in enumerate(loaded.columns.items())
        }
        self._connection.execute(f"CREATE SEQUENCE {STORE}.numbers MINVALUE 0")
        for index, incoming in enumerate(loaded.incoming):
            made = expressions(incoming.schema.names)
            picked = ", ".join(f"({made.get(name, 'NULL')})::{kind} AS {quoted(name)}" for name, kind in kinds.items())
            # To create a table from rows takes less memory than to insert them into an empty one.
            into = f"INSERT INTO {TABLE}" if index else f"CREATE TABLE {TABLE} AS"
            self._connection.register("incoming", pa.RecordBatchReader.from_batches(incoming.schema, incoming.batches))
            self._connection.execute(
                f"{into} SELECT nextval('{STORE}.numbers')::UINTEGER AS {ROW}, {picked} FROM incoming"
            )
            self._connection.unregister("incoming")

    def _kind(self, name: str, kind: pa.DataType, incoming: Sequence[Incoming], number: int) -> str:
        """SQL type of a column; for text with few values an enumeration of them."""
        if not pa.types.is_string(kind):
            return "BOOLEAN" if pa.types.is_boolean(kind) else "DOUBLE" if pa.types.is_floating(kind) else "INTEGER"
        values: set[str] = set()
        for rows in incoming if is_listed(name) else ():
            made = expressions(rows.listed.column_names).get(name)
            if made is not None:
                self._connection.register("listed", rows.listed.to_reader())
                found = self._connection.execute(f"SELECT DISTINCT ({made})::VARCHAR FROM listed").fetchall()
                self._connection.unregister("listed")
                values |= {value for (value,) in found if value is not None}
        if not values or len(values) > MOST_VALUES:
            return "VARCHAR"
        ordered = ", ".join(_text(value) for value in sorted(values))
        self._connection.execute(f"CREATE TYPE {STORE}.values_{number} AS ENUM ({ordered})")
        return f"{STORE}.values_{number}"

    def _describe(self, columns: Mapping[str, pa.DataType]) -> tuple[Column, ...]:
        numbers = [name for name, kind in columns.items() if is_number(kind)]
        bounds = ", ".join(f"min({quoted(name)}), max({quoted(name)})" for name in numbers)
        found = self.run(f"SELECT {bounds} FROM {TABLE}", []).fetchall()[0]
        low, high = dict(zip(numbers, found[::2], strict=True)), dict(zip(numbers, found[1::2], strict=True))
        return tuple(described(name, kind, low.get(name), high.get(name)) for name, kind in columns.items())
