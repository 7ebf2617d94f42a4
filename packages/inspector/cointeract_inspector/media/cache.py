"""Pictures that were made on demand, kept in a folder outside of the data set."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from threading import Thread

from cointeract_shards import atomic

log = logging.getLogger(__name__)

MOST_BYTES = 512 << 20
PRUNE_AFTER_BYTES = 64 << 20
ENVIRONMENT = "XDG_CACHE_HOME"


def default_folder() -> Path:
    """Where caches of the user lie (XDG Base Directory Specification)."""
    base = os.environ.get(ENVIRONMENT)
    return (Path(base) if base else Path.home() / ".cache") / "cointeract" / "inspector"


class DiskCache:
    """Bytes by key. A key names its content for good, so nothing in here is ever out of date.

    Where the folder can't be written, everything is made anew each time.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written = 0
        self._usable = self._prepare()
        if self._usable:
            # Tens of thousands of files may lie there; nobody waits for them to be counted.
            Thread(target=self._prune, name="prune", daemon=True).start()

    def get(self, key: str, make: Callable[[], bytes]) -> bytes:
        """What is stored under `key`, made first where it isn't. Errors of `make` pass through and nothing is stored.

        Args:
            key: a file name.
            make: makes the content.
        """
        path = self._folder / key
        if not self._usable:
            return make()
        try:
            return path.read_bytes()
        except OSError:
            data = make()
        try:
            atomic.write_bytes(path, data)
        except OSError as error:
            log.warning("pictures aren't kept any more: %s: %s", path, error.strerror)
            self._usable = False
            return data
        self._written += len(data)
        if self._written > PRUNE_AFTER_BYTES:
            self._written = 0
            self._prune()
        return data

    def _prepare(self) -> bool:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            log.warning("pictures aren't kept: %s: %s", self._folder, error.strerror)
            return False
        return True

    def _prune(self) -> None:
        """Drop the pictures that were made first where there are too many."""
        files: list[tuple[float, int, Path]] = []
        try:
            for entry in self._folder.iterdir():
                found = entry.stat()
                files.append((found.st_mtime, found.st_size, entry))
        except OSError as error:  # another server drops some at the same time
            log.info("%s wasn't looked through to its end: %s", self._folder, error.strerror)
        total = sum(size for _, size, _ in files)
        for _, size, entry in sorted(files):
            if total <= MOST_BYTES:
                return
            entry.unlink(missing_ok=True)
            total -= size
