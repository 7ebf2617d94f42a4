"""Ids of all clips, packed: a list of strings and a dictionary over them would take ten times the memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override


class ClipIds(Sequence[str]):
    """The id of each row, and the row of each id.

    Args:
        ids: in the order of the rows; no id twice.
    """

    def __init__(self, ids: Iterable[str]) -> None:
        self._ids: NDArray[np.bytes_] = np.array([clip_id.encode() for clip_id in ids], dtype=np.bytes_)
        order = np.argsort(self._ids, kind="stable").astype(np.uint32)
        ascending = np.array_equal(order, np.arange(len(order)))
        self._order = None if ascending else order

    def row(self, clip_id: str) -> int | None:
        """Row of a clip, None where there is no such clip."""
        wanted = clip_id.encode()
        place = int(np.searchsorted(self._ids, wanted, sorter=self._order))
        if place == len(self._ids):
            return None
        row = place if self._order is None else int(self._order[place])
        return row if self._ids[row] == wanted else None

    @override
    def __len__(self) -> int:
        return len(self._ids)

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    @override
    def __getitem__(self, row: int | slice) -> str | list[str]:
        if isinstance(row, slice):
            return [bytes(item).decode() for item in self._ids[row]]
        return bytes(self._ids[row]).decode()
