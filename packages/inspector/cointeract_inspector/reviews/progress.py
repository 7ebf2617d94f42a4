"""How far a reviewer is, how fast, and how far reviewers agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from cointeract_inspector.reviews.desk import Desk
from cointeract_inspector.reviews.marks import VOTES, MarkBook
from cointeract_shards.reviews.agreement import agreement
from cointeract_shards.reviews.event import ReviewEvent

SITTING_S = 1800.0
"""The rate is that of the last half hour before the last decision."""
HOUR_S = 3600.0
DECISIONS = (*VOTES, "skip")
FEWEST = 2
"""Decisions that a rate can be told from."""


def progress(desk: Desk, book: MarkBook, reviewer: str, total: int) -> dict[str, Any]:
    """What the page shows of a reviewer's progress, and of agreement on the samples that several judged.

    Args:
        desk: what everybody thinks.
        book: the same by row.
        reviewer: who asks.
        total: rows of the data set.
    """
    by_label, stale = book.done(reviewer)
    events = [event for event in desk.events(reviewer) if event.verb in DECISIONS]
    found = agreement(desk.all_judgements())
    return {
        "total": total,
        "done": sum(by_label.values()),
        "by_label": by_label,
        "stale": stale,
        "per_hour": per_hour(events),
        "sessions": len({event.session for event in events}),
        "conflicts": len(book.conflicts()),
        "agreement": asdict(found) if found.samples else None,
    }


def per_hour(decisions: Sequence[ReviewEvent]) -> float | None:
    """Decisions in an hour at the pace of the last sitting; None where there are too few to tell.

    Args:
        decisions: oldest first.
    """
    if not decisions:
        return None
    last = datetime.fromisoformat(decisions[-1].ts)
    recent = [event for event in decisions if (last - datetime.fromisoformat(event.ts)).total_seconds() <= SITTING_S]
    span = (last - datetime.fromisoformat(recent[0].ts)).total_seconds()
    return None if len(recent) < FEWEST or span <= 0 else round((len(recent) - 1) / span * HOUR_S, 1)
