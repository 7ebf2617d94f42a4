"""The funnel of clips: every step in the order it is applied, and what another threshold would change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from cointeract_inspector.data.columns import quoted
from cointeract_inspector.data.recipe import StoredRecipe
from cointeract_inspector.data.snapshot import Snapshot
from cointeract_inspector.errors import ApiError
from cointeract_inspector.query.database import MARK_NAMES, TABLE, Database
from cointeract_shards.rules import Rule

UNKNOWN_STAGE = ""


class WhatIf(BaseModel):
    """Another bound of one score."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    col: str
    threshold: float
    side: Literal["min", "max"] = "min"


def funnel(snapshot: Snapshot, database: Database) -> dict[str, Any]:
    """Steps from all clips to the accepted ones; `entering - lost = remaining`, and what remains last is what is accepted.

    A stage's failures come before its rules, as they do in the run. `broken` counts the clips that break a rule wherever they left.
    """
    left = database.run(
        f"SELECT verdict::VARCHAR, stage::VARCHAR, reason::VARCHAR, count(*) FROM {TABLE} GROUP BY ALL", []
    ).fetchall()
    entering = database.rows
    steps: list[dict[str, Any]] = []

    def add(step: dict[str, Any], lost: int) -> None:
        nonlocal entering
        steps.append(step | {"entering": entering, "lost": lost, "remaining": entering - lost})
        entering -= lost

    for stage in _stages(snapshot.recipe, [row[1] or UNKNOWN_STAGE for row in left if row[0] != "accepted"]):
        for verdict in ("quarantined", "pending"):
            here = [
                (name, count) for found, at, name, count in left if found == verdict and (at or UNKNOWN_STAGE) == stage
            ]
            for name, count in sorted(here, key=lambda item: (-item[1], item[0] or "")):
                add(_failure(stage, verdict, name), count)
        lost = {
            name: count for found, at, name, count in left if found == "rejected" and (at or UNKNOWN_STAGE) == stage
        }
        rules = {name: rule for name, rule in snapshot.recipe.rules.items() if rule.applied_at == stage}
        for name, rule in rules.items():
            add(_rule(name, rule, database), lost.pop(name, 0))
        for name, count in sorted(lost.items(), key=lambda item: item[0] or ""):
            # Turned down by a rule that the configuration doesn't have any more.
            add(_step(stage, "rule", name or "", "", [_filter("reason", name), _filter("verdict", "rejected")]), count)
    return {"enters": database.rows, "leaves": entering, "steps": steps}


def what_if(snapshot: Snapshot, database: Database, asked: WhatIf) -> dict[str, int]:
    """How many clips another threshold would keep, counted over the stored scores.

    `would_pass` are clips that the rule on this score turned down and that would go on to the next step, `would_reject` accepted
    ones that it would turn down.

    Raises:
        ApiError: no such score.
    """
    column = database.columns.get(asked.col)
    if column is None or column.type != "number" or asked.col in MARK_NAMES:
        raise ApiError(400, "unknown_column", f"this data set has no score {asked.col!r}", "load the page again")
    rules = [name for name, rule in snapshot.recipe.rules.items() if rule.score == asked.col]
    name = quoted(asked.col)
    keeps = f"{name} {'>=' if asked.side == 'min' else '<='} ?"
    by_rule = "list_contains(?::VARCHAR[], reason::VARCHAR)"
    sql = (
        f"SELECT count({name}), count(*) FILTER (WHERE {keeps}), "
        f"count(*) FILTER (WHERE {keeps} AND verdict = 'rejected' AND {by_rule}), "
        f"count(*) FILTER (WHERE {name} IS NOT NULL AND NOT ({keeps}) AND verdict = 'accepted') FROM {TABLE}"
    )
    bound = asked.threshold
    measured, kept, would_pass, would_reject = database.run(sql, [bound, bound, rules, bound]).fetchall()[0]
    return {
        "measured": measured,
        "missing": database.rows - measured,
        "kept": kept,
        "removed": measured - kept,
        "would_pass": would_pass,
        "would_reject": would_reject,
    }


def _stages(recipe: StoredRecipe, found: Sequence[str]) -> list[str]:
    """The recipe's stages on clips, and any other that clips stopped at."""
    return [*recipe.clip_stages, *sorted(set(found) - set(recipe.clip_stages))]


def _rule(name: str, rule: Rule, database: Database) -> dict[str, Any]:
    step = _step(rule.applied_at, "rule", name, rule.message, [_filter("reason", name), _filter("verdict", "rejected")])
    step |= {"col": rule.score, "min": rule.min, "max": rule.max, "measured": 0, "broken": 0}
    column = database.columns.get(rule.score)
    if column is None or column.type == "text":
        return step
    value = quoted(rule.score) + ("::INTEGER" if column.type == "bool" else "")
    bounds = [(sign, bound) for sign, bound in (("<", rule.min), (">", rule.max)) if bound is not None]
    breaks = " OR ".join(f"{value} {sign} ?" for sign, _ in bounds)
    sql = f"SELECT count({value}), count(*) FILTER (WHERE {breaks}) FROM {TABLE}"
    measured, broken = database.run(sql, [bound for _, bound in bounds]).fetchall()[0]
    return step | {"measured": measured, "broken": broken}


def _failure(stage: str, verdict: str, name: str | None) -> dict[str, Any]:
    message = "the stage failed" if verdict == "quarantined" else "not done yet"
    return _step(
        stage,
        verdict,
        name or verdict,
        message,
        [_filter("verdict", verdict), _filter("stage", stage or None), _filter("reason", name)],
    )


def _step(stage: str, kind: str, name: str, message: str, filters: list[dict[str, Any]]) -> dict[str, Any]:
    return {"stage": stage, "kind": kind, "name": name, "message": message, "filter": filters}


def _filter(column: str, value: str | None) -> dict[str, Any]:
    return {"col": column, "op": "in", "v": [value]}
