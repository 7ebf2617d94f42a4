"""One event of a review: what a person did to one sample, as one line of JSON that is never changed.

A `Draft` is what the person's browser or script says; the log stamps it with time and name and makes it a
`ReviewEvent`. A version that isn't known is refused rather than guessed at.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, ValidationError, model_validator

from cointeract_shards import canonical_json
from cointeract_shards.errors import SchemaVersionError
from cointeract_shards.members import KEY_PATTERN
from cointeract_shards.records import Box, Record, Sha256, describe
from cointeract_shards.reviews import ulid
from cointeract_shards.reviews.errors import ReviewError

EVENT_VERSION = 1
Verb = Literal["accept", "reject", "skip", "clear", "relabel", "note", "revert", "fix"]
"""`clear` takes the label back, `relabel` changes reasons and axes but not the label, `revert` undoes the event
`target` (a revert, too: that is redo), `fix` says where something is."""
AxisVerdict = Literal["pass", "fail", "unsure"]
Part = Literal["object", "face", "left_hand", "right_hand"]
"""What a box is around; left and right are the person's own."""
PARTS: tuple[Part, ...] = get_args(Part)

MAX_NOTE = 4000
MAX_REASONS = 32
MAX_WORD = 64
MAX_AXES = 64

Ulid = Annotated[str, Field(pattern=ulid.PATTERN)]
Timestamp = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")]
"""UTC with microseconds, `2026-11-26T10:00:00.000000Z`: sorts as text."""
Word = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$", max_length=MAX_WORD)]
"""A reason or axis: lower case, such as `hand_interpenetration`."""
REVIEWER_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
"""A reviewer's name is a file's name: no dot, no slash, and short."""
Reviewer = Annotated[str, Field(pattern=REVIEWER_PATTERN)]


class Fix(Record):
    """Where one thing is in one frame of a clip, as a person drew it."""

    part: Part
    frame: int = Field(ge=0)
    """Frame of the target video."""
    box: Box
    """`[x1, y1, x2, y2]` in pixels of the stored `rgb.mp4`, right and lower end not included."""
    width: int = Field(gt=0)
    """Width in pixels of the video that it was drawn on."""
    height: int = Field(gt=0)

    @model_validator(mode="after")
    def _lies_in_the_picture(self) -> Self:
        x1, y1, x2, y2 = self.box
        if not (0 <= x1 < x2 <= self.width and 0 <= y1 < y2 <= self.height):
            raise ValueError(
                f"box {[*self.box]} doesn't lie in a picture of {self.width} x {self.height} pixels; "
                "give [x1, y1, x2, y2] with x1 < x2 and y1 < y2"
            )
        return self


class Draft(Record):
    """An event as the reviewer's side states it. Sent again with the same `id`, it is the same event."""

    id: Ulid = Field(default_factory=ulid.new_ulid)
    session: str = Field(default="", max_length=MAX_WORD)
    """Sitting in which it was made, for statistics."""
    sample: str = Field(pattern=KEY_PATTERN)
    sha: Sha256
    """Content of the sample as it was seen (`content.content_sha256`); another one makes the event stale."""
    verb: Verb
    reasons: tuple[Word, ...] = Field(default=(), max_length=MAX_REASONS)
    axes: dict[Word, AxisVerdict] = Field(default_factory=dict, max_length=MAX_AXES)
    note: str = Field(default="", max_length=MAX_NOTE)
    frame: int | None = None
    """Frame that was shown: 0 is the target's first, negative ones are motion frames."""
    dwell_ms: int | None = Field(default=None, ge=0)
    """How long the sample had been looked at, in milliseconds."""
    target: Ulid | None = None
    """The event that a `revert` undoes."""
    fix: Fix | None = None
    """The box that a `fix` gives."""

    @model_validator(mode="after")
    def _fits_its_verb(self) -> Self:
        if (self.verb == "revert") != (self.target is not None):
            raise ValueError(
                f"{self.verb} with target {self.target}: revert needs the event's id, no other verb has one"
            )
        if (self.verb == "fix") != (self.fix is not None):
            raise ValueError(f"verb {self.verb} with fix {self.fix}: fix needs a box, no other verb has one")
        return self


class ReviewEvent(Draft):
    """An event as it is stored."""

    v: Literal[1]
    ts: Timestamp
    """When the log took it; strictly growing within one log."""
    reviewer: Reviewer

    @property
    def order(self) -> tuple[str, str]:
        """Events of all logs are ordered by time, then id."""
        return self.ts, self.id

    def to_line(self) -> bytes:
        """Canonical JSON and a newline; what has its default isn't written."""
        return canonical_json.encode(self.model_dump(mode="json", exclude_defaults=True))

    @classmethod
    def from_line(cls, line: bytes, *, where: str) -> Self:
        """Parse a stored line.

        Raises:
            SchemaVersionError: a whole event of another version.
            ReviewError: not JSON, or not such an event; the message names the field and its value.
        """
        try:
            return cls.model_validate_json(line)
        except ValidationError as error:
            _refuse_other_version(line, where)
            raise ReviewError(f"{where}: not an event: {describe(error)}") from error


def stamped(draft: Draft, reviewer: str, ts: str) -> ReviewEvent:
    """The draft as the event of a reviewer at a time."""
    fields = {name: getattr(draft, name) for name in Draft.model_fields}
    return ReviewEvent(v=EVENT_VERSION, ts=ts, reviewer=reviewer, **fields)


def check_reviewer(name: str) -> str:
    """The name itself.

    Raises:
        ReviewError: it can't name a file of reviews.
    """
    if re.fullmatch(REVIEWER_PATTERN, name) is None:
        raise ReviewError(
            f"reviewer name {name!r} can't be used: give up to 64 letters, digits, '-' and '_', a letter or digit first"
        )
    return name


def _refuse_other_version(line: bytes, where: str) -> None:
    try:
        content = canonical_json.decode(line, where=where)
    except ValueError:
        return
    version = content.get("v") if isinstance(content, dict) else None
    if isinstance(version, int) and version != EVENT_VERSION:
        raise SchemaVersionError(
            f"{where}: an event of version {version}, this package reads version {EVENT_VERSION}; "
            "use the release of cointeract-shards that wrote it"
        )
