"""Configuration of the stage `object`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from cointeract_curation.core.stage import StageConfig

Box = tuple[float, float, float, float]


class ObjectConfig(StageConfig):
    """How the handled object is found."""

    backend: Literal["motion-seeded"] = "motion-seeded"
    work_short_side: int = Field(default=240, ge=96)
    """Pixels of the shorter side at which the object is looked for; its outline is then refined at full resolution."""
    prompts: dict[str, dict[int, Box]] = Field(default_factory=dict)
    """What a reviewer says: by clip id and frame of the clip, the object's box [x1, y1, x2, y2] in pixels of the stored video."""
