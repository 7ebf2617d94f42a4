"""Filters of a page as SQL predicates. Names are looked up among the columns, values are always bound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from cointeract_inspector.data.columns import SEARCH, SEARCHED, Column, quoted
from cointeract_inspector.errors import ApiError
from cointeract_inspector.query.database import ROW

Operator = Literal["in", "between", "contains", "isnull"]
BETWEEN_ENDS = 2
Scalar = str | bool | int | float | None


class Filter(BaseModel):
    """One condition: `in` a list (null for missing), `between` two ends (null for open), `contains` a text, `isnull`."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    col: str
    op: Operator
    v: Any = Field(default=None)

    @model_validator(mode="after")
    def _value_fits(self) -> Filter:
        match self.op:
            case "in":
                fits = isinstance(self.v, list) and all(
                    isinstance(item, str | bool | int | float | None) for item in self.v
                )
            case "between":
                fits = (
                    isinstance(self.v, list)
                    and len(self.v) == BETWEEN_ENDS
                    and all(_is_number(item) for item in self.v)
                )
            case "contains":
                fits = isinstance(self.v, str)
            case "isnull":
                fits = self.v is None or isinstance(self.v, bool)
        if not fits:
            raise ValueError(f"operator {self.op!r} can't take {self.v!r}")
        return self


@dataclass(frozen=True)
class Predicate:
    """A condition in SQL with the values that it binds."""

    column: str
    sql: str
    values: tuple[Any, ...]


def predicate(condition: Filter, columns: Mapping[str, Column]) -> Predicate:
    """The SQL of a filter.

    Raises:
        ApiError: no such column, or an operator that doesn't fit it.
    """
    if condition.col == SEARCH:
        return _search(condition, columns)
    column = column_named(condition.col, columns)
    name = quoted(column.name)
    match condition.op:
        case "in":
            return _in(column, name, condition.v)
        case "between":
            return _between(column, name, condition.v)
        case "contains":
            if column.type != "text":
                raise ApiError(400, "bad_request", f"contains looks into text, but {column.name} is a {column.type}")
            return Predicate(column.name, f"contains(lower({name}::VARCHAR), lower(?))", (condition.v,))
        case "isnull":
            return Predicate(column.name, f"{name} IS {'NOT ' if condition.v is False else ''}NULL", ())


def column_named(name: str, columns: Mapping[str, Column]) -> Column:
    """A column by its name.

    Raises:
        ApiError: there is none.
    """
    found = columns.get(name)
    if found is None or name == ROW:
        raise ApiError(400, "unknown_column", f"this data set has no column {name!r}", "load the page again")
    return found


def order_by(sort: str, columns: Mapping[str, Column]) -> str:
    """The SQL of a sort such as `-object.stability`; rows of equal value stay in their order, nulls come last.

    Raises:
        ApiError: no such column.
    """
    if not sort:
        return ROW
    column = column_named(sort.removeprefix("-"), columns)
    # Enumerations sort by the order of their values, which is that of text.
    return f"{quoted(column.name)} {'DESC' if sort.startswith('-') else 'ASC'} NULLS LAST, {ROW}"


def _search(condition: Filter, columns: Mapping[str, Column]) -> Predicate:
    if condition.op != "contains":
        raise ApiError(400, "bad_request", f"search takes contains, not {condition.op!r}")
    looked_at = [name for name in SEARCHED if name in columns]
    parts = [f"coalesce(contains(lower({quoted(name)}::VARCHAR), lower(?)), false)" for name in looked_at]
    return Predicate(SEARCH, f"({' OR '.join(parts)})", tuple(condition.v for _ in looked_at))


def _in(column: Column, name: str, wanted: Sequence[Scalar]) -> Predicate:
    given = [value for value in wanted if value is not None]
    if column.type == "number" and not all(_is_number(value) for value in given):
        raise ApiError(400, "bad_request", f"{column.name} is a number, not one of {given!r}")
    parts = []
    if given:
        holders = ", ".join("?" for _ in given)
        left = f"{name}::VARCHAR" if column.type != "number" else name
        parts.append(f"{left} IN ({holders})")
    if len(given) < len(wanted):
        parts.append(f"{name} IS NULL")
    values = tuple(value if column.type == "number" else _as_text(value) for value in given)
    return Predicate(column.name, f"coalesce({' OR '.join(parts)}, false)" if parts else "false", values)


def _between(column: Column, name: str, ends: Sequence[float | None]) -> Predicate:
    if column.type != "number":
        raise ApiError(400, "bad_request", f"between compares numbers, but {column.name} is {column.type}")
    low, high = ends
    parts = [f"{name} {sign} ?" for sign, end in ((">=", low), ("<=", high)) if end is not None]
    values = tuple(end for end in (low, high) if end is not None)
    return Predicate(column.name, " AND ".join(parts) if parts else f"{name} IS NOT NULL", values)


def _as_text(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))
