"""Reads runs of bytes of places: local files by position through a few open descriptors, others by one ranged request."""

from __future__ import annotations

import os
from collections import OrderedDict
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from cointeract_inspector.data.parts import Place
from cointeract_inspector.errors import ApiError
from cointeract_shards import storage

OPEN_FILES = 64
HINT = "restore it, or pack the data set again"


class Reader:
    """Reads places; many threads may do so at once. Files stay open, so what a snapshot names stays readable while it lives."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, BinaryIO] = OrderedDict()
        self._lock = Lock()

    def read(self, place: Place, start: int = 0, end: int | None = None) -> bytes:
        """Bytes `start` to `end` of a place, all of it by default.

        Raises:
            ApiError: 404, the shard or file is missing or too short.
        """
        length = (place.size if end is None else end) - start
        offset = place.offset + start
        try:
            if storage.is_url(place.location):
                data = storage.read_range(place.location, offset, length)
            else:
                data = os.pread(self._file(str(place.location)).fileno(), length, offset)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise missing(place) from error
        except OSError as error:
            raise ApiError(404, "shard_missing", f"{place.location} can't be read: {error.strerror}", HINT) from error
        if len(data) != length:
            raise ApiError(
                404,
                "shard_short",
                f"{place.name} should end at byte {offset + length} of {place.shard or place.location}, which ends at byte "
                f"{offset + len(data)}",
                "the file is cut short; copy it again",
            )
        return data

    def check(self, place: Place) -> None:
        """Whether a place can be read to its end.

        Raises:
            ApiError: 404, as for `read`.
        """
        self.read(place, max(0, place.size - 1))

    def _file(self, path: str) -> BinaryIO:
        with self._lock:
            file = self._open.pop(path, None)
            if file is None:
                file = Path(path).open("rb", buffering=0)  # noqa: SIM115 - stays open, dropped files close themselves
            self._open[path] = file
            while len(self._open) > OPEN_FILES:
                self._open.popitem(last=False)
            return file


def missing(place: Place) -> ApiError:
    """The error for a place whose file isn't there."""
    if place.shard is not None:
        return ApiError(404, "shard_missing", f"shard {place.shard}, which holds {place.name}, is missing", HINT)
    return ApiError(
        404,
        "artifact_missing",
        f"artifact {place.location} is missing",
        "run `cointeract curate` again: it makes what is missing",
    )
