"""What reviewers decided, as a column beside each row of a snapshot: kept up to date sample by sample."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from cointeract_inspector.data.snapshot import Snapshot
from cointeract_inspector.query.database import LABELS, Marks
from cointeract_inspector.reviews.desk import Desk
from cointeract_shards.reviews.fold import Judgement
from cointeract_shards.reviews.policy import is_stale

_CODES = {label: code for code, label in enumerate(LABELS)}
VOTES = ("accept", "reject")
MOST_WORDS = MOST_COUNTED = 255
"""What a byte holds."""


@dataclass
class _Own:
    """One reviewer's label of each row."""

    codes: NDArray[np.uint8]
    stale: NDArray[np.bool_]
    reasons: dict[int, str] = field(default_factory=dict)


class MarkBook:
    """Reviews by row of one snapshot.

    Args:
        snapshot: whose rows they are.
        desk: knows what each reviewer thinks.
    """

    def __init__(self, snapshot: Snapshot, desk: Desk) -> None:
        self._snapshot = snapshot
        self._desk = desk
        rows = len(snapshot.clip_ids)
        self._conflict = np.zeros(rows, bool)
        self._reviewed_by = np.zeros(rows, np.uint8)
        self._own: dict[str, _Own] = {}
        self._version = 0
        self._seen: dict[str, Marks] = {}
        self._lock = Lock()

    def marks(self, reviewer: str) -> Marks:
        """The reviews as a reviewer may see them: own labels, how many others have one, whether they differ."""
        self._desk.refresh()
        with self._lock:
            self._catch_up()
            known = self._seen.get(reviewer)
            if known is None or known.version != self._version:
                known = self._seen[reviewer] = self._seen_by(reviewer)
            return known

    def conflicts(self) -> list[int]:
        """Rows that some accept and some reject."""
        self._desk.refresh()
        with self._lock:
            self._catch_up()
            return [int(row) for row in np.flatnonzero(self._conflict)]

    def done(self, reviewer: str) -> tuple[dict[str, int], int]:
        """How many rows a reviewer gave each label, and how many labels are stale, which don't count."""
        self._desk.refresh()
        with self._lock:
            self._catch_up()
            own = self._own.get(reviewer)
            if own is None:
                return {}, 0
            counts = np.bincount(own.codes[~own.stale], minlength=len(LABELS))
            by_label = {label: int(counts[code]) for label, code in _CODES.items() if label and counts[code]}
            return by_label, int(np.count_nonzero(own.stale))

    def _catch_up(self) -> None:
        version = self._desk.version
        if version == self._version:
            return
        for sample in self._desk.changed_since(self._version):
            row = self._snapshot.clip_ids.row(sample)
            if row is not None:
                self._update(row, self._desk.judgements(sample))
        self._version = version

    def _update(self, row: int, judgements: list[Judgement]) -> None:
        content = self._snapshot.parts.content(row)
        for own in self._own.values():
            own.codes[row], own.stale[row] = 0, False
            own.reasons.pop(row, None)
        votes = []
        for judgement in judgements:
            own = self._of(judgement.reviewer)
            stale = is_stale(judgement, content)
            own.codes[row], own.stale[row] = _CODES[judgement.label], stale
            if judgement.reasons:
                own.reasons[row] = judgement.reasons[0]
            if judgement.label in VOTES and not stale:
                votes.append(judgement.label)
        self._conflict[row] = len(set(votes)) > 1
        self._reviewed_by[row] = min(len(votes), MOST_COUNTED)

    def _of(self, reviewer: str) -> _Own:
        if reviewer not in self._own:
            rows = len(self._snapshot.clip_ids)
            self._own[reviewer] = _Own(np.zeros(rows, np.uint8), np.zeros(rows, bool))
        return self._own[reviewer]

    def _seen_by(self, reviewer: str) -> Marks:
        own = self._of(reviewer)
        rows = np.flatnonzero((own.codes > 0) | (self._reviewed_by > 0))
        words = {word: number for number, word in enumerate(sorted(set(own.reasons.values()))[:MOST_WORDS], 1)}
        reasons = np.zeros(len(own.codes), np.uint8)
        for row, word in own.reasons.items():
            reasons[row] = words.get(word, 0)
        return Marks(
            rows.astype(np.uint32),
            own.codes[rows],
            reasons[rows],
            own.stale[rows].astype(np.uint8),
            self._conflict[rows].astype(np.uint8),
            self._reviewed_by[rows],
            tuple(words),
            self._version,
        )
