"""What processes do together: all learn what each did, and an error of one is an error of all. One process needs no group."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from torch import distributed

_Value = TypeVar("_Value")

PASSED_ON = (OSError, ValueError, RuntimeError)
"""Errors of one process that all raise: of files and of what is in them."""


def grouped() -> bool:
    """Whether there are processes to talk to."""
    return distributed.is_available() and distributed.is_initialized()


def place() -> tuple[int, int]:
    """This process's rank, and how many there are."""
    return (distributed.get_rank(), distributed.get_world_size()) if grouped() else (0, 1)


def gathered(value: _Value) -> list[_Value]:
    """The values of all processes, by rank."""
    rank, ranks = place()
    if ranks == 1:
        return [value]
    values: list[_Value | None] = [None] * ranks
    distributed.all_gather_object(values, value)
    assert values[rank] is not None or value is None
    return values  # type: ignore[return-value]  # each was filled in


def together(action: Callable[[], _Value]) -> list[_Value]:
    """Act in every process.

    Returns:
        What each process's action gave, by rank.

    Raises:
        OSError, ValueError, RuntimeError: in all processes, that of the first one whose action failed.
    """
    outcome: tuple[_Value | None, Exception | None]
    try:
        outcome = action(), None
    except PASSED_ON as error:
        outcome = None, error
    outcomes = gathered(outcome)
    for _, failed in outcomes:
        if failed is not None:
            raise failed
    return [value for value, _ in outcomes]  # type: ignore[misc]  # those without error have a value


def by_the_first(action: Callable[[], _Value]) -> _Value:
    """Act in the first process alone; all get what it gave, or its error."""
    return together(lambda: action() if place()[0] == 0 else None)[0]  # type: ignore[return-value]  # of the first, which acted
