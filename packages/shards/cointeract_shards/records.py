"""The typed records inside a sample: `meta.json` and `tracks.json`.

All records are frozen, refuse unknown fields, and refuse numbers that aren't finite. `to_bytes` is canonical, so equal
records have equal bytes.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cointeract_shards import canonical_json
from cointeract_shards.constants import FPS
from cointeract_shards.errors import RecordError, SchemaVersionError

Box = tuple[float, float, float, float]
"""`(x1, y1, x2, y2)` in pixels of the stored video: origin at the top left corner, x to the right, y down."""

Score = float | int | bool | str | None
"""A measured value; null means that it could not be measured."""

Level = Literal["clip", "triplet", "encoded"]
"""How far a sample has come; each level adds members (`levels.required_members`)."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 digest as 64 lower case hexadecimal digits."""

SHOWN_ERRORS = 3
"""Field errors quoted in a message; the rest is counted."""


class Record(BaseModel):
    """Base of all records: frozen, no unknown fields, finite numbers only."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class VersionedRecord(Record):
    """A record that is stored as a file of its own and states the version of its schema."""

    SCHEMA_VERSION: ClassVar[int] = 1

    version: int = 1

    def to_bytes(self) -> bytes:
        """Canonical JSON of this record."""
        return canonical_json.encode(self.model_dump(mode="json"))

    @classmethod
    def from_bytes(cls, data: bytes, *, where: str) -> Self:
        """Parse and check a stored record.

        Args:
            data: JSON bytes.
            where: what the bytes are ("clip-1/meta.json"), for the message.

        Raises:
            SchemaVersionError: the version is unknown or not stated.
            RecordError: not JSON, or a field doesn't fit; the message names the field and its value.
        """
        content = canonical_json.decode(data, where=where)
        if not isinstance(content, dict):
            raise RecordError(f"{where}: holds a {type(content).__name__}, not an object with fields")
        cls._check_version(content.get("version"), where)
        try:
            return cls.model_validate(content)
        except ValidationError as error:
            raise RecordError(f"{where}: {describe(error)}") from error

    @classmethod
    def _check_version(cls, version: Any, where: str) -> None:
        if version is None:
            raise SchemaVersionError(f"{where}: states no version; expected version {cls.SCHEMA_VERSION}")
        if version != cls.SCHEMA_VERSION:
            raise SchemaVersionError(
                f"{where}: has schema version {version!r}, this package reads version {cls.SCHEMA_VERSION}; "
                "use the release of cointeract-shards that wrote it, or write the data set again"
            )


def describe(error: ValidationError) -> str:
    """The first field errors of a pydantic error in one line: place, reason, value."""
    problems = error.errors(include_url=False)
    shown = [
        f"{'.'.join(str(part) for part in item['loc']) or 'record'}: {item['msg']} (got {item['input']!r:.80})"
        for item in problems[:SHOWN_ERRORS]
    ]
    rest = len(problems) - len(shown)
    return "; ".join(shown) + (f"; and {rest} more" if rest else "")


class TrackPoint(Record):
    """One tracked thing in one frame."""

    box: Box | None
    """Where it is; null if only a score is known."""
    score: float | None
    """The detector's confidence, 0 to 1, or null where the backend has none."""
    interpolated: bool = False
    """True where the box was filled in between detections rather than detected in this frame."""


class HandContact(Record):
    """Whether one hand touches the object in one frame."""

    touching: bool
    score: float | None


class Contact(Record):
    """Hand-object contact in one frame, for the person's own left and right hand; null where unknown."""

    left_hand: HandContact | None
    right_hand: HandContact | None


Track = tuple[TrackPoint | None, ...]
"""One entry for each frame of the target; null where the thing isn't seen."""


class Tracks(VersionedRecord):
    """`tracks.json`: what was tracked through the frames of the target video.

    Left and right are the person's own. Every list has `frames` entries.
    """

    width: int = Field(gt=0)
    """Width in pixels of the video that the boxes refer to."""
    height: int = Field(gt=0)
    frames: int = Field(gt=0)
    face: Track
    left_hand: Track
    right_hand: Track
    object: Track
    contact: tuple[Contact | None, ...]

    @model_validator(mode="after")
    def _lists_cover_every_frame(self) -> Self:
        for name in ("face", "left_hand", "right_hand", "object", "contact"):
            length = len(getattr(self, name))
            if length != self.frames:
                raise ValueError(
                    f"{name} has {length} entries for {self.frames} frames; give one for each frame, null where unseen"
                )
        return self


class Shot(Record):
    """The shot that a window was cut from, on the source's 25 fps timeline."""

    index: int = Field(ge=0)
    """Number of the shot in its source, from 0."""
    first: int = Field(ge=0)
    """First frame of the shot."""
    end: int = Field(gt=0)
    """Frame after the last one of the shot."""


class Verdict(Record):
    """What validation concluded on one axis."""

    passed: bool | None
    """Null where the check abstained."""
    value: float | None = None
    threshold: float | None = None
    reason: str | None = None


class Meta(VersionedRecord):
    """`meta.json`: where a sample comes from, what was measured, and what made each part of it.

    Frame numbers are on the source's timeline resampled to 25 fps, from 0.
    """

    id: str
    """The clip id, equal to the sample's key."""
    level: Level
    origin: Literal["curated", "cointeract-csv"] = "curated"
    """`cointeract-csv`: read from the released trainer's directory, whose true source and shot are unknown. There the
    source is the motion and input file joined, and the shot is all of it."""
    source_id: str
    source_sha256: Sha256
    """SHA-256 of the source file's content."""
    identity: str | None = None
    """The person, where known; held-out samples are split by source and identity."""
    first_frame: int = Field(ge=0)
    """Source frame that is frame 0 of the target."""
    frames: int = Field(gt=0)
    motion_frames: int = Field(ge=0)
    """Frames of motion context; 0 means that there is no `motion.mp4`."""
    shot: Shot
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    fps: float = Field(default=FPS, gt=0)
    prompt: str | None = None
    hoi_prompt: str | None = None
    product_scale: float | None = Field(default=None, gt=0)
    """RoPE scale of the product image (column `scale` of the released CSV)."""
    scores: dict[str, Score] = Field(default_factory=dict)
    """Measurements, keyed `<stage>.<name>`."""
    verdicts: dict[str, Verdict] = Field(default_factory=dict)
    """Conclusion of each validation axis."""
    fingerprints: dict[str, str] = Field(default_factory=dict)
    """Fingerprint of each stage that made a part of this sample."""
    hoi_phase: Literal["aligned", "release"] | None = None
    """Which frames HOI latents cover: those of the target latent, or one frame later as in the released code."""
    object_fill: Literal["rgb", "mask"] | None = None
    """How the object is drawn in `hoi.mp4`."""
