"""What to render: the configuration of `cointeract synth`."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

SMALLEST_SIDE = 64
MAX_RATE = 240


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
    shot_seconds: tuple[Annotated[float, Field(gt=0)], ...] = Field(
        default=(9.6, 6.8, 3.6, 7.0, 7.2, 6.6), min_length=1
    )
    shots_without_person: tuple[int, ...] = (2,)
    crf: int = Field(default=20, ge=0, le=51)
    audio: bool = True
    threads: int = Field(default=2, ge=1, le=64)

    @model_validator(mode="after")
    def _shots_exist(self) -> Self:
        unknown = [shot for shot in self.shots_without_person if not 0 <= shot < len(self.shot_seconds)]
        if unknown:
            raise ValueError(
                f"shots_without_person names {unknown}, but there are only {len(self.shot_seconds)} shots, from 0"
            )
        empty = [seconds for seconds in self.shot_seconds if round(Fraction(seconds) * self.fps) < 1]
        if empty:
            raise ValueError(f"shots of {empty} s have no frame at {self.fps} frames a second: make them longer")
        return self

    @property
    def shot_frames(self) -> tuple[int, ...]:
        """Frames of each shot."""
        return tuple(round(Fraction(seconds) * self.fps) for seconds in self.shot_seconds)

    @classmethod
    def demo(cls, **changes: object) -> Self:
        """About 40 s: six shots, five people, one shot of a product alone; room for windows of 73 + 81 frames."""
        return cls.model_validate(changes)

    @classmethod
    def tiny(cls, **changes: object) -> Self:
        """About 15 s in a small picture: two people, and a product alone between them."""
        small: dict[str, object] = {
            "name": "tiny",
            "width": 360,
            "height": 640,
            "shot_seconds": (6.8, 1.6, 6.6),
            "shots_without_person": (1,),
        }
        return cls.model_validate(small | changes)
