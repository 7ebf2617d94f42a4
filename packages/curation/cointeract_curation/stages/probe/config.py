"""Configuration of `probe`."""

from __future__ import annotations

from pydantic import Field

from cointeract_curation.core.stage import StageConfig


class ProbeConfig(StageConfig):
    """How thoroughly a source is looked at."""

    sampled_keyframes: int = Field(
        default=16, ge=2, description="keyframes decoded, spread evenly, to see whether the picture size changes"
    )
