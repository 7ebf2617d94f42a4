"""Rows of clips that a run has begun with and that no manifest holds yet, derived from outcomes as curation derives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cointeract_inspector.data.clip_ids import ClipIds
from cointeract_inspector.data.recipe import StoredRecipe
from cointeract_shards.artifacts import ArtifactFolder
from cointeract_shards.manifest import SCORE_PREFIX
from cointeract_shards.outcome import AttemptState, FailureKind, Outcome
from cointeract_shards.records import Score
from cointeract_shards.rules import Rule

PENDING = "pending"
"""Verdict of a clip that stages still have to work on."""


@dataclass(frozen=True)
class RunningRows:
    """Flat columns by their names in a manifest, and what was finished of each row."""

    columns: Mapping[str, list[Any]] = field(default_factory=dict)
    clip_ids: Sequence[str] = ()
    outcomes: Sequence[Mapping[str, Outcome]] = ()


@dataclass(frozen=True)
class _Standing:
    verdict: str
    stage: str | None = None
    rule: str | None = None
    reason: str | None = None
    value: float | None = None
    threshold: float | None = None
    error_type: str | None = None


def running_rows(folder: ArtifactFolder, recipe: StoredRecipe, known: ClipIds) -> RunningRows:
    """The clips of `folder` that aren't in `known`, sorted by id.

    Raises:
        OutcomeError: an outcome or attempt isn't readable.
    """
    ids = [clip_id for clip_id in folder.clip_ids() if known.row(clip_id) is None]
    outcomes = [folder.outcomes(clip_id) for clip_id in ids]
    fixed = [_row(clip_id, found, folder, recipe) for clip_id, found in zip(ids, outcomes, strict=True)]
    scores = [_scores(found) for found in outcomes]
    columns: dict[str, list[Any]] = {name: [row[name] for row in fixed] for name in (fixed[0] if fixed else ())}
    for name in sorted(set().union(*scores)):
        columns[name] = [of_row.get(name) for of_row in scores]
    return RunningRows(columns, ids, outcomes)


def _scores(outcomes: Mapping[str, Outcome]) -> dict[str, Score]:
    return {
        f"{SCORE_PREFIX}{stage}.{name}": value
        for stage, found in outcomes.items()
        for name, value in found.scores.items()
    }


def _row(clip_id: str, outcomes: Mapping[str, Outcome], folder: ArtifactFolder, recipe: StoredRecipe) -> dict[str, Any]:
    standing = _standing(clip_id, outcomes, folder, recipe)
    source_id, _, first = clip_id.partition("-")
    unit: dict[str, Any] = next((found.unit for found in outcomes.values()), {})
    cut = outcomes["cut"].scores if "cut" in outcomes else {}
    return {
        "clip_id": clip_id,
        "source_id": source_id,
        "source_sha256": unit.get("source", {}).get("sha256"),
        "first_frame": int(first),
        **{name: unit.get(name) for name in ("frames", "motion_frames", "shot", "shot_first", "shot_end")},
        **{name: None if cut.get(name) is None else int(cut[name] or 0) for name in ("width", "height")},
        "decision": standing.verdict,
        "stage": standing.stage,
        "rule": standing.rule,
        "reason": standing.reason,
        "value": standing.value,
        "threshold": standing.threshold,
        "error_type": standing.error_type,
    }


def _standing(clip_id: str, outcomes: Mapping[str, Outcome], folder: ArtifactFolder, recipe: StoredRecipe) -> _Standing:
    for stage in recipe.clip_stages:
        if stage not in outcomes:
            return _unfinished(clip_id, stage, folder)
        for name, rule in recipe.rules.items():
            if rule.applied_at == stage:
                rejection = _rejection(name, rule, stage, outcomes)
                if rejection is not None:
                    return rejection
    return _Standing("accepted" if recipe.clip_stages else PENDING)


def _rejection(name: str, rule: Rule, stage: str, outcomes: Mapping[str, Outcome]) -> _Standing | None:
    scores = outcomes[rule.stage].scores
    score = rule.score.split(".", 1)[1]
    value = scores.get(score)
    bound = rule.broken_bound(value)
    if score not in scores or bound is None:
        return None
    number = None if value is None or isinstance(value, str) else float(value)
    return _Standing("rejected", stage, name, rule.message, number, bound)


def _unfinished(clip_id: str, stage: str, folder: ArtifactFolder) -> _Standing:
    latest = folder.last_attempt(clip_id)
    if latest is None or latest[1].state != AttemptState.FAILED:
        return _Standing(PENDING, stage)
    failed_at, attempt = latest
    error = attempt.error_type or str(attempt.kind or attempt.state)
    verdict = "quarantined" if attempt.kind == FailureKind.UNUSABLE else PENDING
    return _Standing(verdict, failed_at, None, f"{error}: {attempt.message}", error_type=error)
