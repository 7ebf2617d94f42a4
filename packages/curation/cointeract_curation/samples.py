"""What of a clip's results goes into its sample, and what the policy says of its triplet."""

from __future__ import annotations

from cointeract_curation.core.policy import Policy
from cointeract_curation.core.standing import Standing
from cointeract_shards import members
from cointeract_shards.records import Verdict

# Which stage makes which member of a sample; `meta.json` is made here. Of several, the last one that the recipe has.
MEMBER_STAGES: dict[str, tuple[str, ...]] = {
    members.RGB: ("cut",),
    members.MOTION: ("cut",),
    members.AUDIO: ("cut",),
    members.TRACKS: ("people", "object"),
    members.OBJECT_MASKS: ("object",),
    members.BODY: ("body",),
    members.HOI: ("structure",),
    members.POSE: ("pose",),
    members.PERSON: ("references",),
    members.PRODUCT: ("references",),
}
CAPTION = "caption.json"
"""The artifact of the stage `caption`; its prompts go into `meta.json`."""
JUDGE = "validate"


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
