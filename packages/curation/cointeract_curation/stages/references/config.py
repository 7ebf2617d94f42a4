"""Configuration of the stage `references`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from cointeract_curation.core.stage import StageConfig
from cointeract_curation.triplet.axes import PERSON_AXES, PRODUCT_AXES, Axis

Share = Annotated[float, Field(ge=0.0, le=1.0)]
REMADE = (*PERSON_AXES, *PRODUCT_AXES)
"""The axes that another frame may better; the object's size and the clip's content stay what they are."""


class ReferencesConfig(StageConfig):
    """How references are made. Thresholds that accept or reject a clip are the policy's, not here."""

    backend: Literal["inpaint"] = "inpaint"
    """`inpaint`: other frames' pixels and patches of the frame itself, without weights."""
    attempts: int = Field(default=3, ge=1)
    """Frames that each reference is made from at most, until one passes the checks."""
    retry_below: dict[Axis, Share] = Field(default_factory=lambda: dict.fromkeys(REMADE, 0.5))
    """A reference that scores less on one of these axes is made again from another frame. An axis left out isn't asked for."""
    ranked_frames: int = Field(default=27, ge=1)
    """Evenly spread frames of the clip that are compared: every third of 81."""
    apart: int = Field(default=8, ge=1)
    """Frames between two attempts at least: neighbours fail alike."""
    donors: int = Field(default=8, ge=1)
    """Other frames that are asked at most for what a frame hides."""

    @field_validator("retry_below")
    @classmethod
    def _can_be_bettered(cls, value: dict[Axis, Share]) -> dict[Axis, Share]:
        fixed = [axis.value for axis in value if axis not in REMADE]
        if fixed:
            raise ValueError(f"{', '.join(fixed)}: another frame can't better this; give {', '.join(REMADE)}")
        return value
