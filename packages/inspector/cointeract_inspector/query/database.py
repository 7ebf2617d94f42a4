"""The rows of a snapshot in an in-memory database that requests query side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from cointeract_inspector.data.columns import FACETS, Column
from cointeract_inspector.data.snapshot import Loaded

TABLE = "clips"
MARKS = "marks"
"""What reviewers decided, as the asking reviewer may see it: a table that each request brings along."""
ROW = "row"
MOST_VALUES = 20_000
"""Text columns with fewer values are stored as an enumeration: a byte or two for each row, and quick to group by."""
THREADS = 2

MARK_COLUMNS = (
    Column("my", "text", "facet"),
    Column("my_reason", "text", "facet"),
    Column("stale", "bool", "facet"),
    Column("conflict", "bool", "facet"),
    Column("reviewed_by", "number", "score", 0, 1),
)
"""Columns of the reviews, joined to each row."""


def quoted(name: str) -> str:
    """A column's name in SQL."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True)
class Marks:
    """Reviews of some rows: a table with `row` and the columns of `MARK_COLUMNS`. `version` changes when it does."""

    table: pa.Table
    version: int


class Database:
    """The rows of one snapshot.

    Args:
        loaded: the snapshot with its flat columns, which aren't needed any more afterwards.
    """

    def __init__(self, loaded: Loaded) -> None:
        self.columns = {column.name: column for column in loaded.snapshot.columns}
        self.columns |= {column.name: column for column in MARK_COLUMNS}
        self.rows = loaded.table.num_rows
        self._connection = duckdb.connect(":memory:")
        self._connection.execute(f"SET threads = {THREADS}")
        self._connection.execute("SET enable_external_access = false")
        self._fill(loaded.table)

    def run(self, sql: str, values: Sequence[Any], marks: Marks | None = None) -> duckdb.DuckDBPyConnection:
        """Run one statement on a connection of its own, which many threads may do at once. Values are bound, never pasted."""
        cursor = self._connection.cursor()
        if marks is not None:
            cursor.register(MARKS, marks.table)
        return cursor.execute(sql, list(values))

    def records(self, rows: Iterable[int], names: Sequence[str]) -> dict[int, dict[str, Any]]:
        """Some columns of some rows, by row; rows that don't exist are left out."""
        wanted = list(rows)
        picked = ", ".join(quoted(name) for name in names)
        sql = f"SELECT {ROW}, {picked} FROM {TABLE} WHERE {ROW} IN (SELECT unnest(?::UINTEGER[]))"
        found = self.run(sql, [wanted]).fetchall()
        return {values[0]: dict(zip(names, values[1:], strict=True)) for values in found}

    def stored_columns(self) -> list[str]:
        """Names of the columns that each row has, in stored order."""
        return [
            name for (name,) in self.run(f"SELECT column_name FROM (DESCRIBE {TABLE})", []).fetchall() if name != ROW
        ]

    def _fill(self, table: pa.Table) -> None:
        picked: list[str] = []
        for name in table.column_names:
            column = quoted(name)
            if self.columns[name].type == "text" and (name in FACETS or "." in name):
                picked.append(self._as_enumeration(table, name, len(picked)))
            else:
                picked.append(column)
        self._connection.register("incoming", table)
        numbered = f"(row_number() OVER () - 1)::UINTEGER AS {ROW}"
        self._connection.execute(f"CREATE TABLE {TABLE} AS SELECT {numbered}, {', '.join(picked)} FROM incoming")
        self._connection.unregister("incoming")

    def _as_enumeration(self, table: pa.Table, name: str, number: int) -> str:
        values = [value for value in table.column(name).unique().to_pylist() if value is not None]
        column = quoted(name)
        if not values or len(values) > MOST_VALUES:
            return f"{column}::VARCHAR AS {column}"
        listed = ", ".join("'" + value.replace("'", "''") + "'" for value in sorted(values))
        self._connection.execute(f"CREATE TYPE values_{number} AS ENUM ({listed})")
        return f"{column}::values_{number} AS {column}"
