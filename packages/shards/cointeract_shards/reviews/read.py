"""Reading reviews: all logs of a folder, local or at a URL, as one set of events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter

from cointeract_shards import storage
from cointeract_shards.reviews.errors import ReviewError
from cointeract_shards.reviews.event import ReviewEvent

LOG_SUFFIX = ".jsonl"


@dataclass(frozen=True)
class Damage:
    """A line that isn't an event: torn by a crash, or damaged. The events around it are read all the same."""

    path: str
    line: int
    """From 1."""
    reason: str
    torn: bool
    """The last line, without its end: an append that didn't finish, and so wasn't acknowledged."""


@dataclass(frozen=True)
class Reviews:
    """All events of a folder, ordered by (ts, id), each once; and what could not be read."""

    events: tuple[ReviewEvent, ...] = ()
    damages: tuple[Damage, ...] = ()


def read_reviews(folder: storage.Location) -> Reviews:
    """The union of all logs in a folder; empty where there is no such folder.

    Raises:
        SchemaVersionError: an event of a version that this package doesn't know.
    """
    if not storage.exists(folder):
        return Reviews()
    events: list[ReviewEvent] = []
    damages: list[Damage] = []
    for name in storage.find(folder, LOG_SUFFIX):
        path = storage.join(folder, *name.split("/"))
        found, damaged = parse_log(storage.read_bytes(path), str(path))
        events += found
        damages += damaged
    return Reviews(tuple(union(events)), tuple(damages))


def union(*groups: Iterable[ReviewEvent]) -> list[ReviewEvent]:
    """Events of all groups, each id once, ordered by (ts, id): commutative, associative and idempotent.

    Of two different events with one id, which no log writes, the one whose line sorts first is kept.
    """
    found: dict[str, ReviewEvent] = {}
    for group in groups:
        for event in group:
            other = found.setdefault(event.id, event)
            if other is not event and other != event and event.to_line() < other.to_line():
                found[event.id] = event
    return sorted(found.values(), key=attrgetter("ts", "id"))


def parse_log(data: bytes, path: str) -> tuple[list[ReviewEvent], list[Damage]]:
    """Events of a log's bytes in stored order, and the lines that aren't any.

    Raises:
        SchemaVersionError: an event of a version that this package doesn't know.
    """
    events: list[ReviewEvent] = []
    damages: list[Damage] = []
    lines = data.split(b"\n")
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        try:
            events.append(ReviewEvent.from_line(line, where=f"{path}, line {number}"))
        except ReviewError as error:
            damages.append(Damage(path, number, str(error), torn=number == len(lines)))
    return events, damages
