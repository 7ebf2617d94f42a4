"""Reviewers' events become verdicts: 100,000 events of eight reviewers, beside parsing the JSON lines that they are stored as.

Run with ``python -m tests.benchmarks reviews``. What stands is made anew whenever a data set is opened, packed or exported, so it must
not add to what reading costs.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cointeract_shards.reviews.event import ReviewEvent
from cointeract_shards.reviews.fold import fold
from tests.benchmarks.paired import paired
from tests.shards.reviews.made_up import long_history

EVENTS, REVIEWERS, SAMPLES = 100_000, 8, 9973
ROUNDS = 5
BUDGET_S = 1.0


def run(_folder: Path) -> Iterator[str]:
    """Fold and parse in turns. Lines of the result."""
    events = long_history(EVENTS, REVIEWERS, SAMPLES)
    lines = [one.model_dump_json() for one in events]
    times = paired(
        {"fold": lambda: fold(events), "parse": lambda: [ReviewEvent.model_validate_json(line) for line in lines]},
        ROUNDS,
    )
    taken = times.median("fold")
    yield (
        f"{EVENTS:,} events: folded in {taken:.2f} s of CPU (at most {BUDGET_S:.0f} s wanted), "
        f"{times.ratio('fold', 'parse'):.2f} times what parsing them takes"
    )
