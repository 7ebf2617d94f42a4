"""The fold of a log: what each reviewer thinks of each sample now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from cointeract_shards.reviews.event import AxisVerdict, Fix, Part, ReviewEvent
from cointeract_shards.reviews.read import union

Label = Literal["accept", "reject", "skip"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one reviewer thinks of one sample."""

    sample: str
    reviewer: str
    label: Label | None = None
    """None: looked at, noted or fixed, but not decided, or taken back."""
    reasons: tuple[str, ...] = ()
    axes: Mapping[str, AxisVerdict] = field(default_factory=dict)
    note: str = ""
    sha: str = ""
    """Content of the sample when the label was given; empty without a label."""
    ts: str = ""
    """When it last changed."""
    event: str = ""
    """The event that changed it last: what an undo reverts."""


@dataclass(frozen=True, slots=True)
class FixedBox:
    """A box that stands: the last one that nobody took back, for a part of a frame."""

    sample: str
    fix: Fix
    reviewer: str
    event: str


def standing(events: Iterable[ReviewEvent]) -> list[ReviewEvent]:
    """Events that aren't reverted, ordered by (ts, id), reverts left out.

    A revert counts if it comes after its target, if both are the same reviewer's, and if it isn't reverted itself.
    """
    ordered = union(events)
    by_id = {event.id: event for event in ordered}
    reverted: set[str] = set()
    # Whatever reverts a revert comes after it, so from the end each one's own fate is known.
    for event in reversed(ordered):
        if event.target is not None and event.id not in reverted:
            target = by_id.get(event.target)
            if target is not None and target.reviewer == event.reviewer and target.order < event.order:
                reverted.add(target.id)
    return [event for event in ordered if event.target is None and event.id not in reverted]


def fold(events: Iterable[ReviewEvent]) -> dict[tuple[str, str], Judgement]:
    """Judgements by (sample, reviewer), from the last verbs that stand by (ts, id)."""
    by_key: dict[tuple[str, str], list[ReviewEvent]] = {}
    for event in standing(events):
        by_key.setdefault((event.sample, event.reviewer), []).append(event)
    return {key: _judgement(*key, found) for key, found in by_key.items()}


def fixes_of(events: Iterable[ReviewEvent]) -> dict[str, list[FixedBox]]:
    """Boxes that stand, by sample, ordered by part and frame.

    A box stands until its reviewer takes it back or somebody draws a newer one for that part and frame. It stays
    when the sample is made again: it is then what that was made with.
    """
    boxes: dict[tuple[str, Part, int], FixedBox] = {}
    for event in standing(events):
        if event.fix is not None:
            boxes[event.sample, event.fix.part, event.fix.frame] = FixedBox(
                event.sample, event.fix, event.reviewer, event.id
            )
    by_sample: dict[str, list[FixedBox]] = {}
    for (sample, _, _), box in sorted(boxes.items(), key=lambda item: item[0]):
        by_sample.setdefault(sample, []).append(box)
    return by_sample


def _judgement(sample: str, reviewer: str, events: list[ReviewEvent]) -> Judgement:
    """What the events of one reviewer on one sample, in their order, come to."""
    label: Label | None = None
    reasons: tuple[str, ...] = ()
    axes: Mapping[str, AxisVerdict] = {}
    note, sha = "", ""
    for event in events:
        match event.verb:
            case "accept" | "reject" | "skip":
                label, reasons, axes, sha = event.verb, event.reasons, event.axes, event.sha
                note = event.note or note
            case "clear":
                label, reasons, axes, sha = None, (), {}, ""
            case "relabel":
                # Other reasons don't renew the label: it stays one on what was seen when it was given.
                reasons, axes, note = event.reasons, event.axes, event.note or note
            case "note":
                note = event.note
    last = events[-1]
    return Judgement(sample, reviewer, label, reasons, axes, note, sha, last.ts, last.id)
