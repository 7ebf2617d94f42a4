"""Configuration of the stage `object`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from cointeract_curation.core.stage import StageConfig

Box = tuple[float, float, float, float]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


class ObjectConfig(StageConfig):
    """How the handled object is found. What a clip must show is the policy's to say, not this."""

    backend: Literal["learned", "motion-seeded"] = "learned"
    """`learned` weighs the evidence by a small network that comes with the package, `motion-seeded` by densities alone."""
    work_short_side: int = Field(default=240, ge=96)
    """Pixels of the shorter side at which the object is looked for; its outline is then refined at full resolution."""
    present_certainty: Share = 0.6
    """Least mean probability inside of a frame's mask for the object to count as seen there."""
    present_area: float = Field(default=0.04, ge=0.0)
    """Least area of a mask, as a share of the square of the palm's length; smaller ones are specks."""
    present_frames: Share = 0.15
    """A clip in which fewer frames than this show an object has none: what is left are mistakes."""
    prompts: dict[str, dict[int, Box]] = Field(default_factory=dict)
    """What a reviewer says: by clip id and frame of the clip, the object's box [x1, y1, x2, y2] in pixels of the stored video."""
