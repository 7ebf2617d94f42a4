"""Configuration of `shots`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from cointeract_curation.core.stage import StageConfig


class ShotsConfig(StageConfig):
    """Which detector looks for shot boundaries. Thresholds belong to `split`, so that changing one decodes nothing again."""

    backend: Literal["transnetv2", "pyscenedetect"] = Field(
        default="transnetv2",
        description="transnetv2 also finds gradual transitions; pyscenedetect is several times faster and finds hard cuts",
    )
    span_frames: int = Field(
        default=800, ge=100, description="source frames that one worker takes at a time; no influence on the result"
    )
    content_side: int = Field(
        default=256, ge=64, description="longest side, in pixels, of the pictures that pyscenedetect compares"
    )
