"""One encoding of JSON for everything that is hashed: the same value always gives the same bytes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn

from cointeract_shards.errors import RecordError


def encode(value: Any) -> bytes:
    """Canonical bytes: UTF-8, keys sorted, no spaces, floats as their shortest exact form, one newline at the end.

    Negative zero is written as zero, since the two compare equal.

    Raises:
        RecordError: a number isn't finite, a key isn't a string, or a value has no JSON form. The message names the
            place.
    """
    return (_dump(_checked(value, "$"), sort_keys=True) + "\n").encode()


def encode_ordered(value: Any) -> str:
    """The same encoding on one line, but with keys in the order given; for a cell of a table that people read."""
    return _dump(_checked(value, "$"), sort_keys=False)


def decode(data: bytes, *, where: str) -> Any:
    """Parse JSON bytes, refusing `NaN` and `Infinity`, which are not JSON.

    Args:
        data: the bytes, UTF-8.
        where: what the bytes are, for the message.

    Raises:
        RecordError: not UTF-8, not JSON, or with a number that isn't finite.
    """

    def refuse(token: str) -> NoReturn:
        raise RecordError(f"{where}: holds the number {token}; only finite numbers are allowed, use null for 'unknown'")

    try:
        return json.loads(data.decode("utf-8"), parse_constant=refuse)
    except UnicodeDecodeError as error:
        raise RecordError(f"{where}: not UTF-8 text ({error.reason} at byte {error.start})") from error
    except json.JSONDecodeError as error:
        raise RecordError(f"{where}: not JSON ({error.msg} at line {error.lineno}, column {error.colno})") from error


def _dump(value: Any, *, sort_keys: bool) -> str:
    return json.dumps(value, sort_keys=sort_keys, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _checked(value: Any, place: str) -> Any:
    """The value with tuples as lists and negative zero as zero; raises where something has no canonical form."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise RecordError(f"{place} is {value}; only finite numbers can be stored, use null for 'unknown'")
        return value + 0.0  # -0.0 + 0.0 is 0.0
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise RecordError(f"{place} has the key {key!r} of type {type(key).__name__}; keys must be strings")
        return {key: _checked(item, f"{place}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_checked(item, f"{place}[{index}]") for index, item in enumerate(value)]
    raise RecordError(
        f"{place} is a {type(value).__name__}, which has no JSON form; convert it to a plain number, text or list"
    )
