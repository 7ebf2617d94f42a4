"""What of a clip's results goes into its sample, and what the policy says of its triplet."""

from __future__ import annotations

from dataclasses import dataclass

from cointeract_curation.core.config import Recipe
from cointeract_curation.core.fingerprint import Lineage
from cointeract_curation.core.policy import Policy
from cointeract_curation.core.standing import Standing
from cointeract_curation.core.units import ClipUnit
from cointeract_curation.stages.encode.config import EncodeConfig
from cointeract_shards import members
from cointeract_shards.artifacts import MEMBER_STAGES
from cointeract_shards.buckets import Bucket
from cointeract_shards.levels import missing_members
from cointeract_shards.records import Level, Meta, Score, Shot, Verdict

JUDGE = "validate"
ENCODER = "encode"


@dataclass(frozen=True)
class Artifact:
    """A file that a stage made."""

    stage: str
    name: str


def sample_artifacts(standing: Standing, recipe: Recipe) -> dict[str, Artifact]:
    """What goes into the clip's sample, by member, `meta.json` left out."""
    found = {}
    for member in MEMBER_STAGES:
        stage = member_stage(standing, member)
        if stage is not None:
            found[member] = Artifact(stage, member)
    config = recipe.stages.get(ENCODER)
    if ENCODER in standing.outcomes and isinstance(config, EncodeConfig):
        bucket = Bucket.parse(str(standing.outcomes[ENCODER].scores["bucket"]))
        found |= {member: Artifact(ENCODER, name) for member, name in config.members(bucket).items()}
    return found


def member_stage(standing: Standing, member: str) -> str | None:
    """The stage whose artifact becomes a member of the clip's sample, or None where no finished stage made it."""
    for stage in reversed(MEMBER_STAGES[member]):
        outcome = standing.outcomes.get(stage)
        if outcome is not None and member in outcome.artifacts:
            return stage
    return None


def verdicts(standing: Standing, policy: Policy) -> dict[str, Verdict]:
    """What the policy says of each axis that `validate` measured: its rules on that stage's scores, by the score's name."""
    outcome = standing.outcomes.get(JUDGE)
    if outcome is None:
        return {}
    found = {}
    for rule in policy.rules.values():
        if rule.stage != JUDGE:
            continue
        axis = rule.score.split(".", 1)[1]
        value = outcome.scores[axis]
        number = None if value is None or isinstance(value, str) else float(value)
        bound = rule.min if rule.min is not None else rule.max
        if number is None:
            found[axis] = Verdict(passed=None, threshold=bound, reason="not measured")
        else:
            broken = rule.broken_bound(value)
            reason = None if broken is None else rule.message
            found[axis] = Verdict(passed=broken is None, value=number, threshold=bound, reason=reason)
    return found


def sample_meta(unit: ClipUnit, standing: Standing, lineage: Lineage, recipe: Recipe, present: set[str]) -> Meta:
    """The clip's `meta.json`, without its prompts.

    Args:
        unit: the clip.
        standing: what was made and measured of it.
        lineage: of the recipe's stages.
        recipe: that it was made with.
        present: members of its sample, but for `meta.json`.
    """
    cut = standing.outcomes["cut"].scores
    judged = verdicts(standing, recipe.policy)
    level = _level(present | {members.META}, captioned="caption" in standing.outcomes, judged=bool(judged))
    structure = recipe.stages.get("structure")
    encode = recipe.stages.get(ENCODER)
    encoded = encode if level == "encoded" and isinstance(encode, EncodeConfig) else None
    return Meta(
        id=unit.unit_id,
        level=level,
        source_id=unit.source.unit_id,
        source_sha256=unit.source.sha256,
        first_frame=unit.first,
        frames=unit.frames,
        motion_frames=unit.motion_frames,
        shot=Shot(index=unit.shot, first=unit.shot_first, end=unit.shot_end),
        width=int(cut["width"] or 0),
        height=int(cut["height"] or 0),
        scores=sample_scores(standing),
        verdicts=judged,
        fingerprints=sample_fingerprints(standing, lineage),
        object_fill=structure.model_dump()["object_fill"] if structure is not None and members.HOI in present else None,
        hoi_phase=None if encoded is None else encoded.hoi_phase,
        product_scale=None if encoded is None else encoded.product_scale,
    )


def sample_scores(standing: Standing) -> dict[str, Score]:
    """What was measured of a clip, by `<stage>.<score>`."""
    return {
        f"{stage}.{name}": value
        for stage, outcome in standing.outcomes.items()
        for name, value in outcome.scores.items()
    }


def sample_fingerprints(standing: Standing, lineage: Lineage) -> dict[str, str]:
    """The fingerprint of each stage that made something of a clip."""
    return {"probe": lineage.key("probe", standing.unit).fingerprint} | {
        stage: outcome.fingerprint for stage, outcome in standing.outcomes.items()
    }


def _level(present: set[str], *, captioned: bool, judged: bool) -> Level:
    """How far a sample with these members has come; a triplet has a prompt and verdicts, too."""
    if not (captioned and judged) or missing_members(present, "triplet", has_motion=False):
        return "clip"
    return "triplet" if missing_members(present, "encoded", has_motion=False) else "encoded"
