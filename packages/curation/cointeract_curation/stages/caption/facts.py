"""What was measured of a clip, in words' reach: the facts that a caption may state. Null: not known, so it isn't said."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from cointeract_shards.records import Record, VersionedRecord

Framing = Literal["head to toe", "knees up", "hips up", "chest up", "face"]
"""How far down the picture shows the person."""
Hand = Literal["left", "right"]
"""The person's own."""
Size = Literal["small", "medium", "large", "very large"]
"""Against the hand that holds it: up to one length of the hand, two, four, and beyond."""
Level = Literal["face", "chest", "waist"]
Direction = Literal["left", "right", "up", "down", "nearer", "farther"]
"""As the picture shows it: left and right are the picture's."""
Motion = Literal["still", "about"] | Direction
"""`about`: it moves, and ends where it began."""
Change = Literal["picked up", "put down"]
Gesture = Literal["pointing", "open"]


class ObjectFacts(Record):
    """The handled object."""

    share: float
    """Frames that show it."""
    held_by: Literal["left", "right", "both"] | None
    """Null: no hand was seen to hold it."""
    touched_by: Hand | None
    """The other hand, where it touches the object for a part of the time."""
    colours: tuple[str, ...]
    """One or two names, the more frequent first; empty where unclear."""
    size: Size | None
    slim: bool | None
    """Four times as long as wide or more."""
    level: Level | None
    motion: tuple[Motion, ...]
    """Up to two directions; empty where unknown."""
    tilted: bool | None
    """Whether a long object turns in the picture."""
    change: Change | None


class Facts(Record):
    """The person and the object."""

    person: bool
    framing: Framing | None
    face_seen: bool
    """Whether the face is seen in most frames."""
    talks: bool | None
    """Null: the sound wasn't looked at."""
    gesture: Gesture | None
    """Of the hand that holds nothing."""
    gesture_hand: Hand | None
    """Null where both make the same gesture."""
    object: ObjectFacts | None

    @property
    def known(self) -> int:
        """How many facts there are to state."""
        told = [self.framing, self.talks, self.gesture]
        if self.object is not None:
            item = self.object
            told += [item.held_by, item.touched_by, item.size, item.slim, item.level, item.tilted, item.change]  # type: ignore[list-item]
            told += [*item.colours[:1], *item.motion[:1]]  # type: ignore[list-item]
        return sum(fact is not None for fact in told)


class CaptionRecord(VersionedRecord):
    """`caption.json`."""

    prompt: str = Field(min_length=1)
    hoi_prompt: str = Field(min_length=1)
    """What the structure stream shows, followed by the prompt."""
    facts: Facts
