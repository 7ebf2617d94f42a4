"""The `quality` stage: what a clip looks and sounds like, as numbers. It measures; the policy decides."""

from __future__ import annotations

from cointeract_curation.stages.quality.config import QualityConfig
from cointeract_curation.stages.quality.stage import QualityStage

__all__ = ["QualityConfig", "QualityStage"]
