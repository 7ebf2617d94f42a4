"""Where decisions arrive: one log for each reviewer of this server, and what all reviewers of the data set say together."""

from __future__ import annotations

import errno
import logging
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from threading import RLock

from cointeract_inspector.errors import ApiError
from cointeract_shards import storage
from cointeract_shards.errors import ContractError
from cointeract_shards.reviews.errors import ReviewError, ReviewLogBusyError
from cointeract_shards.reviews.event import Draft, ReviewEvent
from cointeract_shards.reviews.fold import FixedBox, Judgement, fixes_of, fold
from cointeract_shards.reviews.log import ReviewLog
from cointeract_shards.reviews.read import LOG_SUFFIX, parse_log

log = logging.getLogger(__name__)

LOOK_AGAIN_S = 1.0
"""Other reviewers' files are looked at so often."""
BUSY_HINT = (
    "the other inspector takes decisions of this reviewer; use that one, or start this one with another --reviewer"
)
DISK_HINT = "free some space and send it again; nothing of it was written"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Desk:
    """Takes events and knows what each reviewer thinks of each sample. Safe for many threads.

    Args:
        folder: `reviews` of the data set.
        reviewers: whose decisions are taken here.
        read_only: why no decisions are taken; None where they are.
    """

    def __init__(self, folder: storage.Location, reviewers: Sequence[str], *, read_only: str | None = None) -> None:
        self.folder = folder
        self.reviewers = tuple(reviewers)
        self.version = 0
        """Grows with every change of what somebody thinks."""
        self.problems: dict[str, str] = {}
        """Logs that can't be read as they are, by file."""
        self._refused = read_only
        self._logs: dict[str, ReviewLog] = {}
        self._lock = RLock()
        self._events: dict[str, dict[str, ReviewEvent]] = {}
        self._judgements: dict[tuple[str, str], Judgement] = {}
        self._by_sample: dict[str, set[str]] = {}
        self._read_files: dict[str, tuple[int, int]] = {}
        """Size and time of others' logs when they were read."""
        self._inodes: dict[str, int] = {}
        self._changes: list[frozenset[str]] = []
        self._looked = float("-inf")
        for reviewer in self.reviewers:
            self.read_only(reviewer)
        self.refresh()

    def read_only(self, reviewer: str) -> str | None:
        """Why no decision of a reviewer can be taken now; None where one can.

        Tries to become the writer of the reviewer's file. A file that isn't there yet is made by the first decision, so that
        who only looks leaves nothing behind.
        """
        if isinstance(self.folder, Path) and not (self.folder / f"{reviewer}{LOG_SUFFIX}").exists():
            return self._refused or _not_writable(self.folder)
        return self._open(reviewer)

    def _open(self, reviewer: str) -> str | None:
        """Become the writer of a reviewer's file. Returns why not, None where it is."""
        with self._lock:
            if self._refused is not None:
                return self._refused
            if reviewer in self._logs:
                return None
            if not isinstance(self.folder, Path):
                return f"the reviews at {self.folder} can't be appended to; give --reviews a local folder"
            try:
                opened = ReviewLog(self.folder, reviewer)
            except ReviewLogBusyError as error:
                return str(error)
            except (OSError, ContractError) as error:
                return f"{self.folder} can't take decisions: {error}"
            self._logs[reviewer] = opened
            self._inodes[reviewer] = opened.path.stat().st_ino
            self._take(opened.events)
            if opened.damages:
                self.problems[opened.path.name] = "; ".join(damage.reason for damage in opened.damages)
            return None

    def post(self, reviewer: str, drafts: Sequence[Draft]) -> list[ReviewEvent]:
        """Store events; they are on the disk when it returns. All of them or none.

        Raises:
            ApiError: 400 not acceptable, 423 this server can't write the reviewer's log, 507 the disk is full.
        """
        with self._lock:
            self._drop_if_replaced(reviewer)
            reason = self._open(reviewer)
            if reason is not None:
                raise ApiError(423, "read_only", reason, BUSY_HINT)
            self._check_targets(drafts)
            try:
                stored = self._logs[reviewer].append(drafts)
            except ReviewError as error:
                raise ApiError(400, "bad_event", str(error)) from error
            except OSError as error:
                full = error.errno in _FULL
                code = "disk_full" if full else "not_written"
                reason = f"{self.folder} can't be written: {error.strerror}"
                raise ApiError(507 if full else 500, code, reason, DISK_HINT) from error
            self._take(stored)
            return stored

    def refresh(self) -> None:
        """Read what other programs wrote, at most once a second."""
        with self._lock:
            now = time.monotonic()
            if now - self._looked < LOOK_AGAIN_S:
                return
            self._looked = now
            for name in storage.names(self.folder):
                if name.endswith(LOG_SUFFIX) and name.removesuffix(LOG_SUFFIX) not in self._logs:
                    self._read(name)

    def judgement(self, sample: str, reviewer: str) -> Judgement | None:
        """What a reviewer thinks of a sample; None where nothing was said."""
        return self._judgements.get((sample, reviewer))

    def judgements(self, sample: str) -> list[Judgement]:
        """What everybody thinks of a sample, by reviewer."""
        with self._lock:
            return [self._judgements[sample, name] for name in sorted(self._by_sample.get(sample, ()))]

    def changed_since(self, version: int) -> set[str]:
        """Samples that somebody thinks something else of than at that version."""
        with self._lock:
            return set().union(*self._changes[version:])

    def all_judgements(self) -> list[Judgement]:
        """What everybody thinks of everything."""
        with self._lock:
            return list(self._judgements.values())

    def events(self, reviewer: str) -> list[ReviewEvent]:
        """A reviewer's events, oldest first."""
        with self._lock:
            found = [event for of_sample in self._events.values() for event in of_sample.values()]
        return sorted((event for event in found if event.reviewer == reviewer), key=lambda event: event.order)

    def fixes(self, sample: str) -> list[FixedBox]:
        """Boxes that people drew on a sample and that stand."""
        with self._lock:
            return fixes_of(self._events.get(sample, {}).values()).get(sample, [])

    def close(self) -> None:
        """Let go of the logs."""
        for opened in self._logs.values():
            opened.close()
        self._logs.clear()

    def _check_targets(self, drafts: Sequence[Draft]) -> None:
        """A revert is about the sample of what it undoes: a sample's events alone tell how it stands.

        Raises:
            ApiError: 400.
        """
        sent = {draft.id: draft.sample for draft in drafts}
        for draft in drafts:
            if draft.target is None or sent.get(draft.target) == draft.sample:
                continue
            if draft.target not in self._events.get(draft.sample, {}):
                message = f"event {draft.target}, which {draft.id} undoes, is none of sample {draft.sample}"
                raise ApiError(400, "bad_event", message)

    def _take(self, events: Iterable[ReviewEvent]) -> None:
        """Add events and fold the samples that they are about again."""
        touched: set[str] = set()
        for event in events:
            of_sample = self._events.setdefault(event.sample, {})
            if event.id not in of_sample:
                of_sample[event.id] = event
                touched.add(event.sample)
        if not touched:
            return
        self._fold(touched)
        self._changes.append(frozenset(touched))
        self.version += 1

    def _fold(self, samples: set[str]) -> None:
        folded: Mapping[tuple[str, str], Judgement] = fold(
            event for sample in samples for event in self._events[sample].values()
        )
        for sample in samples:
            for reviewer in self._by_sample.pop(sample, set()):
                self._judgements.pop((sample, reviewer), None)
        for (sample, reviewer), judgement in folded.items():
            self._judgements[sample, reviewer] = judgement
            self._by_sample.setdefault(sample, set()).add(reviewer)

    def _read(self, name: str) -> None:
        """Read another program's log if it has changed. One that can't be understood is a problem, not an end."""
        place = storage.join(self.folder, name)
        try:
            stat = place.stat() if isinstance(place, Path) else None
            size, mtime_ns = (stat.st_size, stat.st_mtime_ns) if stat is not None else (storage.size(place), 0)
            if self._read_files.get(name) == (size, mtime_ns):
                return
            events, damages = parse_log(storage.read_bytes(place), str(place))
        except FileNotFoundError:
            return
        except (OSError, ContractError) as error:
            self.problems[name] = str(error)
            return
        self._read_files[name] = size, mtime_ns
        self._take(events)
        complaints = [damage.reason for damage in damages if not damage.torn]
        if complaints:
            self.problems[name] = "; ".join(complaints)
        else:
            self.problems.pop(name, None)

    def _drop_if_replaced(self, reviewer: str) -> None:
        """A file that was taken away from under its log is opened anew."""
        opened = self._logs.get(reviewer)
        if opened is None:
            return
        try:
            same = opened.path.stat().st_ino == self._inodes[reviewer]
        except FileNotFoundError:
            same = False
        if not same:
            opened.close()
            del self._logs[reviewer]


def _not_writable(folder: Path) -> str | None:
    """Why a file can't be made in a folder, which needn't exist yet."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    return None if os.access(there, os.W_OK) else f"{there} can't be written"
