"""The error of checkpoints, and how it names many tensors in one line."""

from __future__ import annotations

from collections.abc import Sequence

NAMED = 5
"""How many items of a long list an error names; it counts the others."""


class CheckpointError(ValueError):
    """Files that can't be read as the model that is asked for, or a model that can't be written.

    The message says what was wrong, where, with the value, and what to do.
    """


def listed(items: Sequence[str]) -> str:
    """The first few items, and how many more there are."""
    more = len(items) - NAMED
    return ", ".join(items[:NAMED]) + (f" and {more:,} more" if more > 0 else "")
