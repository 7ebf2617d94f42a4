"""Configuration of `cut`."""

from __future__ import annotations

from pydantic import Field

from cointeract_curation.core.stage import StageConfig
from cointeract_curation.media.encode import EncoderConfig


class CutConfig(StageConfig):
    """How a window is stored."""

    max_short_side: int = Field(default=1080, ge=64, description="pixels; a larger picture is scaled down to it")
    encoder: EncoderConfig = EncoderConfig()
