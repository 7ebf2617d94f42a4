"""One question of a page: which rows, in which order, and how the rest is spread."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from cointeract_inspector.data.columns import Column, quoted
from cointeract_inspector.errors import ApiError
from cointeract_inspector.query.database import MARK_NAMES, MARKS, ROW, TABLE, Database, Marks
from cointeract_inspector.query.filters import Filter, Predicate, column_named, order_by, predicate

FACET_VALUES = 60
"""Values of a facet that are told, the most frequent ones."""
MOST_BINS = 200
MOST_ASKED = 40


class Histogram(BaseModel):
    """A histogram to be made."""

    model_config = ConfigDict(extra="forbid")

    col: str
    bins: int = Field(default=40, ge=1, le=MOST_BINS)


class Query(BaseModel):
    """What a page asks."""

    model_config = ConfigDict(extra="forbid")

    filter: list[Filter] = Field(default_factory=list, max_length=MOST_ASKED)
    sort: str = ""
    facets: list[str] = Field(default_factory=list, max_length=MOST_ASKED)
    hist: list[Histogram] = Field(default_factory=list, max_length=MOST_ASKED)
    hash: str | None = None
    """Of the snapshot that the page shows; another one is answered with 409."""


@dataclass(frozen=True)
class Answer:
    """Rows in order, and the header that tells about them."""

    header: dict[str, Any]
    rows: NDArray[np.uint32]


class Search:
    """Answers queries over one database."""

    def __init__(self, database: Database, snapshot_hash: str) -> None:
        self._database = database
        self._hash = snapshot_hash

    def answer(self, query: Query, marks: Marks) -> Answer:
        """Rows, facets, histograms, and what each filter alone takes away.

        A facet or histogram leaves out the filters on its own column, so that its other values stay in sight.

        Raises:
            ApiError: a column that there isn't, or a value that doesn't fit it.
        """
        columns = self._database.columns
        predicates = [predicate(condition, columns) for condition in query.filter]
        rows = self._rows(predicates, query.sort, marks)
        facets = {name: self._facet(column_named(name, columns), predicates, marks) for name in query.facets}
        hist = {
            asked.col: self._histogram(column_named(asked.col, columns), asked.bins, predicates, marks)
            for asked in query.hist
        }
        identity = repr((self._hash, marks.version, query.filter, query.sort))
        header = {
            "qid": hashlib.sha256(identity.encode()).hexdigest()[:16],
            "hash": self._hash,
            "total": len(rows),
            "facets": facets,
            "hist": hist,
            "chips": self._chips(predicates, len(rows), marks),
        }
        return Answer(header, rows)

    def _rows(self, predicates: Sequence[Predicate], sort: str, marks: Marks) -> NDArray[np.uint32]:
        order = order_by(sort, self._database.columns)
        touched = [*(item.column for item in predicates), sort.removeprefix("-")]
        sql = f"SELECT {ROW} FROM {_source(touched, marks)} WHERE {_all(predicates)} ORDER BY {order}"
        found = self._database.run(sql, _values(predicates), _if_needed(touched, marks)).fetchnumpy()[ROW]
        return np.asarray(found, dtype="<u4")

    def _facet(self, column: Column, predicates: Sequence[Predicate], marks: Marks) -> list[list[Any]]:
        if column.type == "number":
            raise ApiError(400, "bad_request", f"{column.name} is a number: ask for a histogram")
        others = [item for item in predicates if item.column != column.name]
        touched = [*(item.column for item in others), column.name]
        name = quoted(column.name)
        sql = (
            f"SELECT {name}, count(*) AS clips FROM {_source(touched, marks)} WHERE {_all(others)} "
            f"GROUP BY {name} ORDER BY clips DESC, {name}::VARCHAR LIMIT {FACET_VALUES}"
        )
        found = self._database.run(sql, _values(others), _if_needed(touched, marks)).fetchall()
        return [[value, clips] for value, clips in found]

    def _histogram(self, column: Column, bins: int, predicates: Sequence[Predicate], marks: Marks) -> dict[str, Any]:
        if column.type != "number":
            raise ApiError(400, "bad_request", f"{column.name} is no number: ask for a facet")
        if column.low is None or column.high is None:
            return {"min": None, "max": None, "counts": [0] * bins, "missing": self._database.rows}
        others = [item for item in predicates if item.column != column.name]
        touched = [*(item.column for item in others), column.name]
        width = (column.high - column.low) / bins or 1.0
        name = quoted(column.name)
        sql = (
            f"SELECT least(?, floor(({name} - ?) / ?))::INTEGER AS bin, count(*) FROM {_source(touched, marks)} "
            f"WHERE {_all(others)} GROUP BY bin"
        )
        values = [bins - 1, column.low, width, *_values(others)]
        found = dict(self._database.run(sql, values, _if_needed(touched, marks)).fetchall())
        missing = found.pop(None, 0)
        counts = [found.get(index, 0) for index in range(bins)]
        return {"min": column.low, "max": column.high, "counts": counts, "missing": missing}

    def _chips(self, predicates: Sequence[Predicate], total: int, marks: Marks) -> list[dict[str, int]]:
        """For each filter, how many rows there would be without it."""
        if not predicates:
            return []
        if len(predicates) == 1:
            return [{"i": 0, "without": self._database.rows}]
        touched = [item.column for item in predicates]
        flags = ", ".join(f"({item.sql}) AS f{index}" for index, item in enumerate(predicates))
        counts = []
        for left_out in range(len(predicates)):
            kept = " AND ".join(f"f{index}" for index in range(len(predicates)) if index != left_out)
            counts.append(f"count(*) FILTER (WHERE {kept})")
        sql = f"SELECT {', '.join(counts)} FROM (SELECT {flags} FROM {_source(touched, marks)}) AS flagged"
        found = self._database.run(sql, _values(predicates), _if_needed(touched, marks)).fetchone() or ()
        return [{"i": index, "without": max(total, count)} for index, count in enumerate(found)]


def _source(touched: Sequence[str], marks: Marks) -> str:
    """The rows, with the reviews where somebody looks at them."""
    if MARK_NAMES.isdisjoint(touched):
        return TABLE
    return f"(SELECT bare.*, {marks.expressions()} FROM {TABLE} AS bare LEFT JOIN {MARKS} USING ({ROW})) AS joined"


def _if_needed(touched: Sequence[str], marks: Marks) -> Marks | None:
    return None if MARK_NAMES.isdisjoint(touched) else marks


def _all(predicates: Sequence[Predicate]) -> str:
    return " AND ".join(f"({item.sql})" for item in predicates) or "true"


def _values(predicates: Sequence[Predicate]) -> list[Any]:
    return [value for item in predicates for value in item.values]
