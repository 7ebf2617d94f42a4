"""The stage `references`: the person without the product, and the product alone on white."""

from __future__ import annotations

from cointeract_curation.stages.references.config import ReferencesConfig
from cointeract_curation.stages.references.stage import ReferencesStage

__all__ = ["ReferencesConfig", "ReferencesStage"]
