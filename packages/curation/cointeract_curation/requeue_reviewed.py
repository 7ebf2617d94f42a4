"""Sending clips back as reviewers asked: with the boxes that they drew, or on through the stages although a rule rejected them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from cointeract_curation.core.config import Recipe
from cointeract_curation.core.corrections import CorrectedBox, Corrections, read_corrections, write_corrections
from cointeract_curation.core.registry import STAGES
from cointeract_curation.core.standing import Standing, State
from cointeract_curation.core.units import ClipUnit
from cointeract_curation.curate import RunResult, make_engine, run_locked
from cointeract_curation.ledger import Ledger
from cointeract_curation.progress import Progress
from cointeract_curation.reviewed import is_whole, select
from cointeract_curation.status import open_ledger
from cointeract_shards.dataset import DatasetLayout
from cointeract_shards.reviews.event import Part
from cointeract_shards.reviews.fold import FixedBox, fixes_of
from cointeract_shards.reviews.policy import ReviewPolicy
from cointeract_shards.reviews.read import read_reviews

DEFAULT_POLICY = "any-reject"


@dataclass(frozen=True)
class RefusedFix:
    """A box that can't be used, and why."""

    clip: str
    event: str
    reason: str


@dataclass(frozen=True)
class Requeued:
    """What is done again. ``corrected`` are clips whose boxes changed since the last time, ``carried_on`` those that go on newly."""

    corrected: tuple[str, ...]
    carried_on: tuple[str, ...]
    refused: tuple[RefusedFix, ...]

    def to_mapping(self) -> dict[str, Any]:
        """Plain data for a script."""
        return asdict(self)


def requeue_reviewed(root: str, policy: str | None = None) -> Requeued:
    """Take reviewers' boxes, and the clips that they accept against a rule, into the data set's corrections.

    The next run makes the changed clips again, from the first stage that obeys a box on. ``policy`` says who is accepted; null: that
    of the data set, or any-reject. A box that was taken back is no correction any more.

    Raises `ConfigurationError` where there is no data set or a run is going on, `ContractError` for reviews that can't be read.
    """
    dataset, recipe, _, ledger = open_ledger(root)
    wanted = ReviewPolicy.parse(policy or recipe.pack.reviews or DEFAULT_POLICY)
    with dataset.lock():
        before = read_corrections(dataset.location())
        fixes = fixes_of(read_reviews(dataset.location(DatasetLayout.REVIEWS_NAME)).events)
        boxes, refused = _usable(fixes, ledger, recipe)
        newly = _accepted_but_not_whole(
            ledger, select(dataset, _under(recipe, wanted), ledger).settlement.labelled("accepted"), recipe
        )
        carried_on = tuple(sorted({*before.carried_on, *newly}))
        after = Corrections(boxes=tuple(boxes), carried_on=carried_on)
        if after != before:
            write_corrections(dataset.location(), after)
    clips = sorted({*before.by_clip, *after.by_clip})
    changed = tuple(clip for clip in clips if before.by_clip.get(clip) != after.by_clip.get(clip))
    return Requeued(changed, tuple(sorted({*newly} - {*before.carried_on})), tuple(refused))


def run_again(root: str, engine: str | None, progress: Progress) -> RunResult:
    """Run what the corrections changed, with the data set's own recipe and files.

    Raises as `curate` does.
    """
    dataset, recipe, _, _ = open_ledger(root)
    if engine is not None:
        recipe = replace(recipe, engine=recipe.engine.model_copy(update={"kind": engine}))
    running = make_engine(recipe)
    try:
        return run_locked(dataset, recipe, running, progress, [], reconfigure=False)
    finally:
        running.close()


def _under(recipe: Recipe, policy: ReviewPolicy) -> Recipe:
    return replace(recipe, pack=recipe.pack.model_copy(update={"reviews": str(policy)}))


def _accepted_but_not_whole(ledger: Ledger, accepted: frozenset[str], recipe: Recipe) -> list[str]:
    return [
        clip.unit.unit_id
        for clip in ledger.clips
        if clip.state == State.REJECTED and clip.unit.unit_id in accepted and not is_whole(clip, recipe)
    ]


def _usable(
    fixes: dict[str, list[FixedBox]], ledger: Ledger, recipe: Recipe
) -> tuple[list[CorrectedBox], list[RefusedFix]]:
    clips = {clip.unit.unit_id: clip for clip in ledger.clips}
    boxes: list[CorrectedBox] = []
    refused: list[RefusedFix] = []
    for sample, found in sorted(fixes.items()):
        for item in found:
            reason = _fault(item, clips.get(sample), recipe)
            if reason is None:
                boxes.append(CorrectedBox(clip=sample, part=item.fix.part, frame=item.fix.frame, box=item.fix.box))
            else:
                refused.append(RefusedFix(sample, item.event, reason))
    return boxes, refused


def _fault(item: FixedBox, clip: Standing | None, recipe: Recipe) -> str | None:
    """Why a box can't be used, or None."""
    fix = item.fix
    if clip is None or not isinstance(clip.unit, ClipUnit):
        return "the data set has no such clip"
    if not _obeyed(fix.part, recipe):
        return f"no stage of the recipe takes a box of the {fix.part}"
    if fix.frame >= clip.unit.frames:
        return f"it is on frame {fix.frame}, the clip has frames 0 to {clip.unit.frames - 1}"
    cut = clip.outcomes.get("cut")
    size = (cut.scores["width"], cut.scores["height"]) if cut is not None else None
    if size != (fix.width, fix.height):
        stored = "not cut" if size is None else f"{size[0]} x {size[1]}"
        return f"it was drawn on {fix.width} x {fix.height} pixels, the clip is {stored}"
    return None


def _obeyed(part: Part, recipe: Recipe) -> bool:
    return any(part in STAGES[name].build(recipe.stages[name]).corrects for name in recipe.runnable)
