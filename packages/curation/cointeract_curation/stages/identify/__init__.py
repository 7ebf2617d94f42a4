"""`identify`: what a file's content is, whatever its name."""

from cointeract_curation.stages.identify.config import IdentifyConfig
from cointeract_curation.stages.identify.stage import IdentifyStage

__all__ = ["IdentifyConfig", "IdentifyStage"]
