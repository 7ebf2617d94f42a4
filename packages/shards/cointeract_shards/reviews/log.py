"""A reviewer's log: events are appended, each durable before `append` returns, and nothing is ever changed.

One process writes a file, which `flock` guarantees; a network file system may tear what two append at once. A line that
a crash or a full disk tore doesn't hide later ones: the next append begins a new line.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from cointeract_shards import atomic
from cointeract_shards.reviews.errors import ReviewError, ReviewLogBusyError
from cointeract_shards.reviews.event import Draft, ReviewEvent, check_reviewer, stamped
from cointeract_shards.reviews.read import LOG_SUFFIX, Damage, parse_log, union

_MODE = 0o644
_TICK = timedelta(microseconds=1)
_NEWLINE = b"\n"


class ReviewLog:
    """The open log of one reviewer in a local folder of reviews. Close it, or use it in a `with` statement.

    Args:
        folder: `reviews` of a data set; made where it is missing.
        reviewer: a name as `check_reviewer` allows.

    Raises:
        ReviewError: the name isn't one, or a stored event can't be understood.
        ReviewLogBusyError: another process has the log open for writing.
        OSError: the folder can't be written.
    """

    def __init__(self, folder: Path, reviewer: str) -> None:
        self.reviewer = check_reviewer(reviewer)
        self.path = folder / f"{reviewer}{LOG_SUFFIX}"
        self.damages: list[Damage] = []
        """Lines that aren't events, found when the log was opened."""
        new = not self.path.exists()
        if not folder.exists():
            folder.mkdir(parents=True, exist_ok=True)
            atomic.fsync_path(folder.parent)
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, _MODE)
        try:
            self._lock()
            if new:
                atomic.fsync_path(folder)
            data = self.path.read_bytes()
            events, self.damages = parse_log(data, str(self.path))
        except BaseException:
            os.close(self._descriptor)
            raise
        self._torn = bool(data) and not data.endswith(_NEWLINE)
        self._events = {event.id: event for event in events}
        self._last = max((event.ts for event in events), default="")

    @property
    def events(self) -> list[ReviewEvent]:
        """All events, in stored order."""
        return list(self._events.values())

    def append(self, drafts: Sequence[Draft]) -> list[ReviewEvent]:
        """Store events, all or none. When it returns, they are on the disk.

        A draft whose id is stored already is the same event sent again: the stored one is returned, nothing is written.

        Raises:
            ReviewError: an id is stored with another content, a `revert` names an event that this reviewer doesn't have,
                or the file was taken away from under the log.
            OSError: it can't be written, the disk is full for example; nothing is stored then.
        """
        answer: list[ReviewEvent] = []
        new: dict[str, ReviewEvent] = {}
        for draft in drafts:
            known = self._events.get(draft.id) or new.get(draft.id)
            if known is None:
                self._check_target(draft, new)
                known = new[draft.id] = stamped(draft, self.reviewer, self._next_ts())
            elif stamped(draft, known.reviewer, known.ts) != known:
                raise ReviewError(
                    f"{self.path}: event {draft.id} is stored with another content; give a new event a new id"
                )
            answer.append(known)
        self._write(list(new.values()))
        return answer

    def take_in(self, events: Sequence[ReviewEvent]) -> int:
        """Store events of this reviewer that were written elsewhere, as they are. Returns how many were new.

        Raises:
            ReviewError: as `check_fits`.
            OSError: as for `append`.
        """
        self.check_fits(events)
        new = [event for event in union(events) if event.id not in self._events]
        self._write(new)
        return len(new)

    def check_fits(self, events: Sequence[ReviewEvent]) -> None:
        """Whether events can be taken in.

        Raises:
            ReviewError: an event is of another reviewer, or its id is stored with another content.
        """
        for event in events:
            if event.reviewer != self.reviewer:
                raise ReviewError(
                    f"{self.path}: event {event.id} is of {event.reviewer}, this log is of {self.reviewer}"
                )
            if self._events.get(event.id, event) != event:
                raise ReviewError(f"{self.path}: event {event.id} is stored with another content; nothing was taken in")

    def close(self) -> None:
        """Let go of the file and its lock."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _lock(self) -> None:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ReviewLogBusyError(
                f"{self.path} is written by another process; close the other inspector, or take another reviewer's name"
            ) from error

    def _check_target(self, draft: Draft, new: dict[str, ReviewEvent]) -> None:
        if draft.target is not None and draft.target not in self._events and draft.target not in new:
            raise ReviewError(
                f"{self.path}: event {draft.target} isn't one of {self.reviewer}'s, so it can't be reverted"
            )

    def _next_ts(self) -> str:
        """Now, or just after the last event where the clock went back: an event is never before what it follows."""
        now = timestamp(datetime.now(UTC))
        if now <= self._last:
            now = timestamp(datetime.fromisoformat(self._last) + _TICK)
        self._last = now
        return now

    def _write(self, events: list[ReviewEvent]) -> None:
        if not events:
            return
        self._check_same_file()
        data = (_NEWLINE if self._torn else b"") + b"".join(event.to_line() for event in events)
        before = os.fstat(self._descriptor).st_size
        try:
            _write_all(self._descriptor, data)
            os.fdatasync(self._descriptor)
        except OSError:
            self._take_back(before)
            raise
        self._torn = False
        self._events |= {event.id: event for event in events}
        self._last = max(self._last, *(event.ts for event in events))

    def _take_back(self, size: int) -> None:
        """Nothing of a failed append stays; where even that fails, the next one begins a new line."""
        try:
            os.ftruncate(self._descriptor, size)
        except OSError:
            self._torn = True

    def _check_same_file(self) -> None:
        mine = os.fstat(self._descriptor)
        try:
            there = self.path.stat()
        except FileNotFoundError:
            there = None
        if there is None or (there.st_dev, there.st_ino) != (mine.st_dev, mine.st_ino):
            raise ReviewError(f"{self.path} was removed or replaced while it was open; open the log again")


def timestamp(moment: datetime) -> str:
    """A moment in UTC as events hold it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _write_all(descriptor: int, data: bytes) -> None:
    """A full disk may take a part of the bytes first and refuse the rest."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
