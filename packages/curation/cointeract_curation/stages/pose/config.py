"""Configuration of the stage `pose`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from cointeract_curation.core.stage import StageConfig
from cointeract_curation.media.encode import EncoderConfig


class PoseConfig(StageConfig):
    """How the skeleton is drawn."""

    backend: Literal["fit"] = "fit"
    """`fit`: the keypoints of the fitted body."""
    limb_width: float = Field(default=0.016, gt=0.0, le=0.1)
    """Of the picture's shorter side: OpenPose draws 8 pixels at 512."""
    encoder: EncoderConfig = EncoderConfig()
