"""What to render: the configuration of `cointeract synth`."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

from cointeract_curation.synth.plan import DEMO, GUEST, STUDIO, ShotPlan

SMALLEST_SIDE = 64
MAX_RATE = 240
SMALL: dict[str, object] = {"width": 360, "height": 640}
"""Pixels of a small picture."""


def _rate(value: object) -> Fraction:
    if not isinstance(value, int | float | str | Fraction):
        raise ValueError(f"a frame rate is a number or a ratio such as '30000/1001', not {value!r}")  # noqa: TRY004
    try:
        rate = Fraction(value)
    except (ValueError, ZeroDivisionError) as error:
        raise ValueError(f"{value!r} is no frame rate: use a number or a ratio such as '30000/1001'") from error
    if not 0 < rate <= MAX_RATE:
        raise ValueError(f"frame rate {value} lies outside 0 to {MAX_RATE}")
    return rate


Rate = Annotated[Fraction, BeforeValidator(_rate), PlainSerializer(str, return_type=str)]


class SynthConfig(BaseModel):
    """A short livestream: one shot after the other with hard cuts.

    The same configuration gives the same frames and the same truth.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(default="livestream", min_length=1, pattern=r"^[^/\\.][^/\\]*$")
    seed: int = Field(default=0, ge=0)
    width: int = Field(default=480, ge=SMALLEST_SIDE, multiple_of=2)
    height: int = Field(default=832, ge=SMALLEST_SIDE, multiple_of=2)
    fps: Rate = Fraction(25)
    shots: tuple[ShotPlan, ...] = Field(default=DEMO, min_length=1)
    crf: int = Field(default=20, ge=0, le=51)
    audio: bool = True
    threads: int = Field(default=2, ge=1, le=64)

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        """`shot_seconds` and `shots_without_person` stand for plans in which all else is left open."""
        if not isinstance(value, dict) or not {"shot_seconds", "shots_without_person"} & set(value):
            return value
        rest = dict(value)
        seconds, empty = rest.pop("shot_seconds", ()), rest.pop("shots_without_person", ())
        if "shots" in rest:
            raise ValueError("shots are given twice: as plans (shots) and in the short form (shot_seconds)")
        unknown = [shot for shot in empty if not 0 <= shot < len(seconds)]
        if unknown:
            raise ValueError(f"shots_without_person names {unknown}, but there are only {len(seconds)} shots, from 0")
        return rest | {
            "shots": [{"seconds": time, "people": int(shot not in empty)} for shot, time in enumerate(seconds)]
        }

    @model_validator(mode="after")
    def _shots_have_frames(self) -> Self:
        empty = [plan.seconds for plan in self.shots if round(Fraction(plan.seconds) * self.fps) < 1]
        if empty:
            raise ValueError(f"shots of {empty} s have no frame at {self.fps} frames a second: make them longer")
        return self

    @property
    def shot_frames(self) -> tuple[int, ...]:
        """Frames of each shot."""
        return tuple(round(Fraction(plan.seconds) * self.fps) for plan in self.shots)

    @classmethod
    def demo(cls, **changes: object) -> Self:
        """About 40 s: nine shots, eight people, one shot of a product alone; three have room for windows of 73 + 81 frames."""
        return cls.model_validate(changes)

    @classmethod
    def guest(cls, **changes: object) -> Self:
        """One person for 6.6 s in a small picture: to hold out from training on others."""
        return cls.model_validate(SMALL | {"name": "guest", "shots": GUEST} | changes)

    @classmethod
    def tiny(cls, **changes: object) -> Self:
        """About 15 s in a small picture: two people, and a product alone between them."""
        shots = {"shot_seconds": (6.8, 1.6, 6.6), "shots_without_person": (1,)}
        return cls.model_validate(SMALL | {"name": "tiny"} | shots | changes)

    @classmethod
    def studio(cls, **changes: object) -> Self:
        """Twenty short shots of all kinds, for the quality benchmark: over a minute, most of a window's length."""
        return cls.model_validate({"name": "studio", "shots": STUDIO} | changes)
