"""Bringing together the logs of people who reviewed copies of one data set."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from cointeract_shards import storage
from cointeract_shards.dataset import DatasetLayout
from cointeract_shards.reviews.errors import ReviewError
from cointeract_shards.reviews.event import ReviewEvent
from cointeract_shards.reviews.log import ReviewLog
from cointeract_shards.reviews.read import Damage, read_reviews, union


@dataclass(frozen=True)
class Merged:
    """New events by reviewer, and lines of the sources that could not be read."""

    new: dict[str, int]
    damages: tuple[Damage, ...]


def reviews_folder(root: storage.Location) -> storage.Location:
    """The folder of reviews of a data set, or ``root`` itself where that isn't one: a folder of logs."""
    layout = DatasetLayout
    marks = (layout.REVIEWS_NAME, layout.MANIFEST_NAME, layout.CONFIG_NAME, layout.SHARDS_NAME, layout.ARTIFACTS_NAME)
    is_dataset = any(storage.exists(storage.join(root, name)) for name in marks)
    return storage.join(root, DatasetLayout.REVIEWS_NAME) if is_dataset else root


def merge_reviews(target: Path, sources: Sequence[storage.Location]) -> Merged:
    """Take the events of all sources into a data set's reviews. Taking in the same again changes nothing.

    Args:
        target: the local folder `reviews`; made where it is missing.
        sources: data sets, or folders of logs.

    Raises:
        ReviewError: a source isn't there or has no logs, or one id has two contents. Nothing is written then.
        ReviewLogBusyError: somebody reviews under one of the names in `target` right now.
    """
    found: list[ReviewEvent] = []
    damages: list[Damage] = []
    for source in sources:
        if not storage.exists(source):
            raise ReviewError(f"there is nothing at {source}; give a data set, or a folder of *.jsonl logs")
        reviews = read_reviews(reviews_folder(source))
        if not reviews.events and not reviews.damages:
            raise ReviewError(f"{source} holds no reviews; give a data set, or a folder of *.jsonl logs")
        found += reviews.events
        damages += reviews.damages
    by_reviewer: dict[str, list[ReviewEvent]] = {}
    for event in union(found):
        by_reviewer.setdefault(event.reviewer, []).append(event)
    with ExitStack() as stack:
        # All logs are held before any is written, so that one that is busy leaves all as they were.
        logs = {name: stack.enter_context(ReviewLog(target, name)) for name in sorted(by_reviewer)}
        for name, log in logs.items():
            log.check_fits(by_reviewer[name])
        new = {name: log.take_in(by_reviewer[name]) for name, log in logs.items()}
    return Merged(new, tuple(damages))
