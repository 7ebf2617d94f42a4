"""The stage `validate`: a score for each axis on which a triplet can fail."""

from __future__ import annotations

from cointeract_curation.stages.validate.config import ValidateConfig
from cointeract_curation.stages.validate.stage import ValidateStage

__all__ = ["ValidateConfig", "ValidateStage"]
