"""What the routes work with: the data set as it is now, the desk of decisions, and what both say together."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from cointeract_inspector import __version__
from cointeract_inspector.data.columns import Column
from cointeract_inspector.errors import ApiError, InspectorError
from cointeract_inspector.live import Live, View
from cointeract_inspector.media.clip import CARD_PICTURES, DERIVED, STORED
from cointeract_inspector.query.database import TABLE
from cointeract_inspector.reviews.desk import Desk
from cointeract_inspector.reviews.words import AXES, REASONS
from cointeract_inspector.settings import Settings
from cointeract_shards import storage
from cointeract_shards.constants import FPS, MOTION_FRAMES, TARGET_FRAMES

SECONDS_PER_HOUR = 3600
CARD_COLUMNS = ("id", "verdict", "reason", "stage", "value", "threshold", "width", "height", "split")
CARD_SCORES = ("validate.overall", "object.stability", "people.hand_share", "quality.sharpness")
"""The first two of these that a data set has are on each card."""
SCORES_ON_CARD = 2
MOST_CARD_COLUMNS = 8
PICTURES = "pictures"
"""Folder of what was made on demand, in that of the data set."""


class Service:
    """Everything behind the routes.

    Raises:
        InspectorError, ContractError: the data set can't be opened.
    """

    def __init__(self, settings: Settings) -> None:
        if not storage.exists(settings.dataset):
            raise InspectorError(f"there is no data set at {settings.dataset}: the folder doesn't exist")
        self.settings = settings
        self.id = dataset_id(settings.dataset)
        read_only = "the inspector was started with --read-only" if settings.read_only else None
        self.desk = Desk(settings.reviews_folder, settings.reviewers, read_only=read_only)
        self.live = Live(settings.dataset, self.desk, self.cache_folder / PICTURES)

    @property
    def cache_folder(self) -> Path:
        """Folder of pictures and tokens of this data set, outside of it."""
        return self.settings.cache / self.id

    def close(self) -> None:
        """Let go of the logs."""
        self.desk.close()

    def describe(self, view: View, reviewer: str) -> dict[str, Any]:
        """What the page needs to know before it asks for rows."""
        snapshot, database = view.snapshot, view.database
        counted = database.run(f"SELECT verdict::VARCHAR, count(*) FROM {TABLE} GROUP BY verdict", []).fetchall()
        frames, width, height, shards, sources = database.run(
            f"SELECT sum(frames), mode(width), mode(height), count(DISTINCT shard), count(DISTINCT source_id) FROM {TABLE}",
            [],
        ).fetchall()[0]
        reason = self.desk.read_only(reviewer)
        problems = [*snapshot.problems, *self.desk.problems.values()]
        rules = {rule.score: name for name, rule in snapshot.recipe.rules.items()}
        return {
            "id": self.id,
            "name": PurePosixPath(str(snapshot.root).rstrip("/")).name,
            "path": str(snapshot.root),
            "hash": snapshot.hash,
            "kind": snapshot.kind,
            "recipe": snapshot.recipe.name or None,
            "rows": database.rows,
            "fps": FPS,
            "frames": TARGET_FRAMES,
            "motion_frames": MOTION_FRAMES,
            "size": [width, height],
            "hours": round((frames or 0) / FPS / SECONDS_PER_HOUR, 3),
            "shards": shards,
            "sources": sources,
            "verdicts": Counter(dict(counted)),
            "columns": [_column(column, rules) for column in database.columns.values()],
            "rules": [
                {
                    "rule": name,
                    "score": rule.score,
                    "stage": rule.applied_at,
                    "min": rule.min,
                    "max": rule.max,
                    "message": rule.message,
                }
                for name, rule in snapshot.recipe.rules.items()
            ],
            "reasons": [{"id": word, "label": label, "key": key} for word, label, key in REASONS],
            "axes": list(AXES),
            "artifacts": [*STORED, *DERIVED],
            "reviewer": reviewer,
            "reviewers": len(self.settings.reviewers),
            "read_only": reason is not None,
            "read_only_reason": reason,
            "problems": [*problems, self.live.problem] if self.live.problem else problems,
            "version": __version__,
        }

    def cards(self, view: View, rows: Sequence[int], columns: Sequence[str], reviewer: str) -> list[dict[str, Any]]:
        """Cards of the grid, in the order of `rows`.

        Args:
            view: of the data set.
            rows: that are shown.
            columns: further columns that each card tells.
            reviewer: whose labels are told.

        Raises:
            ApiError: a column that there isn't, or too many.
        """
        stored = view.database.stored_columns()
        unknown = [name for name in columns if name not in stored]
        if unknown or len(columns) > MOST_CARD_COLUMNS:
            raise ApiError(
                400, "unknown_column", f"cols={','.join(columns)[:80]!r} can't be told", "load the page again"
            )
        usual = [name for name in CARD_SCORES if name in stored][:SCORES_ON_CARD]
        scores = list(dict.fromkeys([*usual, *columns]))
        found = view.database.records(rows, [*CARD_COLUMNS, *(name for name in scores if name not in CARD_COLUMNS)])
        self.desk.refresh()
        return [self._card(view, row, found[row], scores, reviewer) for row in rows]

    def _card(
        self, view: View, row: int, fields: dict[str, Any], scores: Sequence[str], reviewer: str
    ) -> dict[str, Any]:
        own = self.desk.judgement(fields["id"], reviewer)
        stale = own is not None and own.label is not None and own.sha != view.snapshot.parts.content(row)
        return {
            "row": row,
            **{name: fields[name] for name in CARD_COLUMNS if name not in ("width", "height")},
            "size": [fields["width"], fields["height"]],
            "scores": {name: fields[name] for name in scores},
            "my": None if own is None else own.label,
            "my_reasons": [] if own is None else list(own.reasons),
            "stale": stale,
            # A clip without a size was never cut: there is no video to make a picture of.
            **{name: None if fields["width"] is None else view.clips.card_picture(row, name) for name in CARD_PICTURES},
        }


def dataset_id(dataset: storage.Location) -> str:
    """A short name for a data set's place: of its folder, and a hash of its whole path."""
    text = str(dataset).rstrip("/")
    name = "".join(letter if letter.isalnum() else "-" for letter in PurePosixPath(text).name)
    return f"{name or 'dataset'}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"


def _column(column: Column, rules: dict[str, str]) -> dict[str, Any]:
    told: dict[str, Any] = {"name": column.name, "type": column.type, "kind": column.kind}
    if column.type == "number":
        told |= {"min": column.low, "max": column.high}
    if column.name in rules:
        told["rule"] = rules[column.name]
    stage, dot, _ = column.name.partition(".")
    return told | ({"stage": stage} if dot else {})
