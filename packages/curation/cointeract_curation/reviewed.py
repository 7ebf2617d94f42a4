"""Which clips go into the shards: what the algorithm accepted, as people's reviews change it under a policy.

An algorithm's decision is never overwritten: a clip that people reject stays `accepted` in the ledger and lies in no shard. One that
people accept although a rule rejected it goes into the shards if every stage has run on it, which `cointeract requeue --reviewed`
sees to; until then it waits.
"""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from typing import Any

from cointeract_curation.core.config import Recipe
from cointeract_curation.core.dataset import Dataset
from cointeract_curation.core.standing import Standing, State
from cointeract_curation.ledger import Ledger
from cointeract_curation.samples import sample_artifacts
from cointeract_shards.dataset import DatasetLayout
from cointeract_shards.reviews.content import content_sha256
from cointeract_shards.reviews.fold import fold
from cointeract_shards.reviews.policy import ReviewPolicy, Settlement, Verdict, settle
from cointeract_shards.reviews.read import Damage, read_reviews

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ReviewCounts:
    """What reviews say of a data set, in clips. ``policy`` is null where the data set is packed without obeying them."""

    policy: str | None
    judged: int
    """With a vote on what they are now."""
    rejected: int
    """Accepted by the algorithm, rejected by people: not in the shards."""
    accepted: int
    """Rejected by the algorithm, accepted by people, and whole: in the shards."""
    waiting: int
    """Likewise, but without what later stages make: not in the shards."""
    conflicts: int
    """Some accept and some reject."""
    stale: int
    """Votes on content that a clip no longer has; they don't count."""
    damaged_lines: int

    @property
    def any(self) -> bool:
        """Whether there are reviews at all, or they were asked for."""
        return self.policy is not None or bool(self.judged or self.stale or self.damaged_lines)

    def to_mapping(self) -> dict[str, Any]:
        """Plain data for a script."""
        return asdict(self)

    @property
    def text(self) -> str:
        """One line for people."""
        parts = [f"{self.judged} clips judged", f"{self.rejected} taken out", f"{self.accepted} taken in"]
        named = {"waiting for stages": self.waiting, "in conflict": self.conflicts, "stale votes": self.stale}
        named["damaged lines"] = self.damaged_lines
        parts += [f"{number} {name}" for name, number in named.items() if number]
        obeyed = f"under {self.policy}" if self.policy else "not obeyed: `cointeract pack --reviews` packs by them"
        return f"{', '.join(parts)} ({obeyed})"


@dataclass(frozen=True)
class Selection:
    """The clips that are packed, and what people said. ``content`` is what each clip's reviews refer to, by clip id."""

    packed: tuple[Standing, ...]
    content: dict[str, str]
    settlement: Settlement
    counts: ReviewCounts
    damages: tuple[Damage, ...]

    def verdict(self, clip_id: str) -> Verdict | None:
        """What people say of a clip; None where reviews aren't obeyed or say nothing."""
        return self.settlement.verdicts.get(clip_id) if self.counts.policy else None


def select(dataset: Dataset, recipe: Recipe, ledger: Ledger) -> Selection:
    """Decide what is packed under ``recipe.pack.reviews``.

    Raises `ContractError` for reviews that this version can't read.
    """
    reviews = read_reviews(dataset.location(DatasetLayout.REVIEWS_NAME))
    content = {clip.unit.unit_id: clip_content(clip, recipe) for clip in ledger.clips}
    policy = ReviewPolicy.parse(recipe.pack.reviews or "any-reject")
    settlement = settle(fold(reviews.events).values(), dict(content), policy, keep_stale=recipe.pack.keep_stale_reviews)
    obeyed = recipe.pack.reviews is not None
    rejected, accepted = settlement.labelled("rejected"), settlement.labelled("accepted")
    packed, taken_out, taken_in, waiting = [], 0, 0, 0
    for clip in ledger.clips:
        clip_id = clip.unit.unit_id
        if clip.state == State.ACCEPTED:
            taken_out += clip_id in rejected
            if not (obeyed and clip_id in rejected):
                packed.append(clip)
        elif clip.state == State.REJECTED and clip_id in accepted:
            whole = is_whole(clip, recipe)
            taken_in += whole
            waiting += not whole
            if obeyed and whole:
                packed.append(clip)
    counts = ReviewCounts(
        str(policy) if obeyed else None,
        len(settlement.verdicts),
        taken_out,
        taken_in,
        waiting,
        len(settlement.conflicts),
        len(settlement.stale),
        len(reviews.damages),
    )
    return Selection(tuple(packed), content, settlement, counts, reviews.damages)


def tell(selection: Selection) -> None:
    """Say in the log what reviews did, where they are obeyed, and which lines of theirs could not be read."""
    counts = selection.counts
    for damage in selection.damages:
        log.warning("%s, line %d was not read: %s", damage.path, damage.line, damage.reason)
    if counts.policy is None:
        return
    log.info("reviews: %s", counts.text)
    if counts.waiting:
        log.warning(
            "%d clips that people accepted lack what later stages make, and aren't packed: "
            "run `cointeract requeue --reviewed` to take them on",
            counts.waiting,
        )


def clip_content(standing: Standing, recipe: Recipe) -> str:
    """The hash of what a reviewer sees of a clip, packed or not (`cointeract_shards.reviews.content`)."""
    return content_sha256(
        {
            member: standing.outcomes[artifact.stage].artifacts[artifact.name].sha256
            for member, artifact in sample_artifacts(standing, recipe).items()
        }
    )


def is_whole(standing: Standing, recipe: Recipe) -> bool:
    """Whether every stage on clips that the recipe runs has finished."""
    from cointeract_curation.core.registry import STAGES

    names = list(STAGES)
    return all(name in standing.outcomes for name in recipe.runnable if names.index(name) >= names.index("cut"))
