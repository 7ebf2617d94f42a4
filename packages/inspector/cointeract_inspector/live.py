"""The data set as it is shown now: a snapshot with its database, replaced as a whole when the data set changes."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock, Thread

import duckdb
import pyarrow as pa

from cointeract_inspector.data.load import load, signature
from cointeract_inspector.data.scanned import shards_root
from cointeract_inspector.data.snapshot import Snapshot
from cointeract_inspector.errors import InspectorError
from cointeract_inspector.media.cache import DiskCache
from cointeract_inspector.media.clip import Clips
from cointeract_inspector.query.database import TABLE, Database
from cointeract_inspector.query.search import Search
from cointeract_inspector.reviews.desk import Desk
from cointeract_inspector.reviews.marks import MarkBook
from cointeract_inspector.sample_view import SampleView
from cointeract_shards import storage
from cointeract_shards.errors import ContractError

log = logging.getLogger(__name__)

LOOK_AGAIN_S = 1.0
LOOK_AGAIN_AT_RUN_S = 5.0
"""A run's folder has an entry for each clip, and something changes all the time."""


@dataclass(frozen=True)
class View:
    """One snapshot and all that answers questions about it."""

    snapshot: Snapshot
    database: Database
    search: Search
    clips: Clips
    samples: SampleView
    book: MarkBook


class Live:
    """Holds the current view and replaces it in the background when the data set has changed.

    A change that can't be read (a manifest of another version, say) leaves the old view and is told in `problem`.

    Raises:
        InspectorError, ContractError: the data set can't be opened.
    """

    def __init__(self, dataset: storage.Location, desk: Desk, cache: Path) -> None:
        self._dataset = dataset
        self._desk = desk
        self._cache = DiskCache(cache)
        self._lock = Lock()
        self._signature = signature(dataset)
        self._view = self._make()
        self._looked = time.monotonic()
        self._loader: Thread | None = None
        self.problem: str | None = None
        """Why what is there now can't be shown."""

    def view(self) -> View:
        """The current view. Looks for changes from time to time; never waits for them."""
        with self._lock:
            now = time.monotonic()
            pause = LOOK_AGAIN_AT_RUN_S if self._view.snapshot.kind == "running" else LOOK_AGAIN_S
            busy = self._loader is not None and self._loader.is_alive()
            if now - self._looked >= pause and not busy:
                self._looked = now
                self._loader = Thread(target=self._look, name="reload", daemon=True)
                self._loader.start()
            return self._view

    def _look(self) -> None:
        try:
            found = signature(self._dataset)
            if found == self._signature:
                self.problem = None
                return
            view = self._make()
        except (OSError, ContractError) as error:
            log.warning("the data set has changed and can't be read: %s", error)
            self.problem = f"the data set has changed and can't be read; what was there before is shown: {error}"
            return
        with self._lock:
            self._signature, self._view, self.problem = found, view, None
        log.info("the data set has changed and was read again: %d clips", view.database.rows)

    def _make(self) -> View:
        try:
            return self._read()
        except (OSError, pa.ArrowException, duckdb.Error) as error:
            raise InspectorError(f"{self._dataset} can't be read: {error}; copy or pack it again") from error

    def _read(self) -> View:
        loaded = load(self._dataset)
        if not loaded.snapshot.clip_ids:
            raise InspectorError(f"{self._dataset} has no clips to show")
        database = Database(loaded)
        snapshot = replace(loaded.snapshot, problems=(*loaded.snapshot.problems, *self._missing_shards(database)))
        clips = Clips(snapshot, self._cache)
        samples = SampleView(clips, database, self._desk)
        return View(snapshot, database, Search(database, snapshot.hash), clips, samples, MarkBook(snapshot, self._desk))

    def _missing_shards(self, database: Database) -> list[str]:
        """Shards that rows name and that aren't there."""
        named = database.run(
            f"SELECT DISTINCT shard::VARCHAR FROM {TABLE} WHERE shard IS NOT NULL ORDER BY 1", []
        ).fetchall()
        root = shards_root(self._dataset)
        return [
            f"shard {shard} is missing; restore it or pack the data set again"
            for (shard,) in named
            if not storage.exists(storage.join(root, *shard.split("/")))
        ]
