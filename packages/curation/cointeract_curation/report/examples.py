"""Which clips stand for a reason: few, spread over all that have it, and the same ones in every report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cointeract_curation.core.fingerprint import ArtifactKey
from cointeract_curation.core.policy import Policy
from cointeract_curation.core.standing import Standing, State
from cointeract_curation.core.units import ClipUnit
from cointeract_curation.ledger import Ledger
from cointeract_curation.report import formats
from cointeract_curation.report.funnel import StepKind, bound_text, failure_name
from cointeract_curation.samples import member_stage, verdicts
from cointeract_shards import members
from cointeract_shards.constants import FPS

EXAMPLES = 8
BY_ID = "spread over all of them, by source and time"
BY_DISTANCE = "from the closest to the bound to the furthest from it"


VIEWS = (members.RGB, members.HOI, members.PERSON, members.PRODUCT)
"""Members that an example shows, in this order, those of them that the clip has."""


@dataclass(frozen=True)
class View:
    """A member of the clip's sample that can be looked at, and the result that holds it."""

    member: str
    key: ArtifactKey


@dataclass(frozen=True)
class Axis:
    """What was measured on one axis of the triplet. ``passed`` is None where the check abstained."""

    name: str
    value: float | None
    passed: bool | None


@dataclass(frozen=True)
class Example:
    """One clip. ``views`` and ``tracks`` are empty and None where it did not come that far."""

    clip_id: str
    place: str
    note: str
    views: tuple[View, ...]
    tracks: ArtifactKey | None
    axes: tuple[Axis, ...]
    middle: int


@dataclass(frozen=True)
class ExampleSheet:
    """Examples of one reason, out of ``total`` clips that have it."""

    anchor: str
    title: str
    state: str
    order: str
    total: int
    examples: tuple[Example, ...]


def example_sheets(ledger: Ledger, chain: Sequence[str], policy: Policy) -> list[ExampleSheet]:
    """A sheet for the accepted clips and one for each reason, in the order of the funnel."""
    accepted = [clip for clip in ledger.clips if clip.state == State.ACCEPTED]
    failed: dict[tuple[str, str], list[Standing]] = {}
    rejected: dict[tuple[str, str], list[Standing]] = {}
    for clip in ledger.clips:
        if clip.state == State.QUARANTINED:
            failed.setdefault((clip.stage, failure_name(clip.failure)), []).append(clip)
        elif clip.rejection is not None:
            rejected.setdefault((clip.stage, clip.rejection.rule), []).append(clip)
    sheets = [_sheet("accepted", "Accepted", State.ACCEPTED, BY_ID, accepted, policy)] if accepted else []
    for stage in chain:
        here = [(name, clips) for (at, name), clips in failed.items() if at == stage]
        for name, clips in sorted(here, key=lambda item: (-len(item[1]), item[0])):
            anchor = formats.anchor(stage, StepKind.FAILURE, name)
            sheets.append(_sheet(anchor, f"{stage} failed: {name}", State.QUARANTINED, BY_ID, clips, policy))
        for name, rule in policy.rules.items():
            if clips := rejected.get((stage, name), []):
                anchor = formats.anchor(stage, StepKind.RULE, name)
                title = f"{rule.message} ({rule.score} {bound_text(rule)})"
                clips = sorted(clips, key=_distance)
                sheets.append(_sheet(anchor, title, State.REJECTED, BY_DISTANCE, clips, policy))
    return sheets


def _distance(clip: Standing) -> tuple[bool, float, str]:
    """How far a rejected clip lies from its bound; those that could not be measured come last."""
    if clip.rejection is None or clip.rejection.value is None:
        return True, 0.0, clip.unit.unit_id
    return False, abs(clip.rejection.value - clip.rejection.threshold), clip.unit.unit_id


def _sheet(
    anchor: str, title: str, state: State, order: str, clips: Sequence[Standing], policy: Policy
) -> ExampleSheet:
    shown = tuple(_example(clip, policy) for clip in spread(clips, EXAMPLES))
    return ExampleSheet(anchor, title, str(state), order, len(clips), shown)


def spread(clips: Sequence[Standing], number: int) -> list[Standing]:
    """``number`` of ``clips`` at equal distances, the first and the last among them; all where there are no more."""
    if len(clips) <= number:
        return list(clips)
    return [clips[round(index * (len(clips) - 1) / (number - 1))] for index in range(number)]


def _example(clip: Standing, policy: Policy) -> Example:
    unit = clip.unit
    if not isinstance(unit, ClipUnit):
        raise TypeError(f"{unit.unit_id} is a {unit.kind}, not a clip")
    place = f"shot {unit.shot}, at {formats.timecode(unit.first / FPS)}"
    keys = [(member, _key(clip, member)) for member in VIEWS]
    views = tuple(View(member, key) for member, key in keys if key is not None)
    axes = tuple(Axis(name, verdict.value, verdict.passed) for name, verdict in verdicts(clip, policy).items())
    return Example(unit.unit_id, place, _note(clip), views, _key(clip, members.TRACKS), axes, unit.frames // 2)


def _note(clip: Standing) -> str:
    """The value and the bound that it broke, or the error."""
    rejection = clip.rejection
    if rejection is not None:
        value = "not measured" if rejection.value is None else formats.number(rejection.value)
        return f"{rejection.score} {value}, bound {formats.number(rejection.threshold)}"
    return clip.failure.message if clip.failure is not None else ""


def _key(clip: Standing, member: str) -> ArtifactKey | None:
    """Where a member of the sample lies, if the stage that makes it is done and made it."""
    stage = member_stage(clip, member)
    return None if stage is None else ArtifactKey(clip.unit.unit_id, stage, clip.outcomes[stage].fingerprint)
