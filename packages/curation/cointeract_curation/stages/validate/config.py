"""Configuration of the stage `validate`."""

from __future__ import annotations

from typing import Literal

from cointeract_curation.core.stage import StageConfig


class ValidateConfig(StageConfig):
    """What judges triplets. Thresholds are the policy's, not here."""

    backend: Literal["measured"] = "measured"
    """`measured`: checks on pixels, masks and landmarks, without weights of its own."""
