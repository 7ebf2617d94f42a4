"""Configuration of the stage `body`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from cointeract_curation.core.stage import StageConfig


class BodyConfig(StageConfig):
    """How a body is fitted to landmarks."""

    backend: Literal["anny", "smplx"] = "anny"
    smplx_dir: Path | None = None
    """For `smplx`: the folder that holds ``smplx/SMPLX_NEUTRAL.npz``, which users get from the model's authors."""
    smplx_gender: Literal["neutral", "female", "male"] = "neutral"
    focal: float = Field(default=1.4, ge=0.5, le=4.0)
    """Focal length over the picture's longer side. Phones and webcams lie between 0.75 and 1.6; a clip alone doesn't tell."""
    steps_with_shape: int = Field(default=80, ge=1)
    """Evaluations of the cost in which the person's shape moves, too."""
    steps: int = Field(default=110, ge=1)
    """Evaluations after that, on the person's own skeleton."""
    knot_frames: int = Field(default=4, ge=1)
    """Frames between the knots of the splines that a pose follows."""
    smoothness: float = Field(default=1.0, ge=0.0)
    """How much a pose's bends in time cost, in units of the prior's."""

    @model_validator(mode="after")
    def _smplx_has_a_folder(self) -> Self:
        if self.backend == "smplx" and self.smplx_dir is None:
            raise ValueError("backend smplx needs smplx_dir, the folder that holds smplx/SMPLX_NEUTRAL.npz")
        return self
