"""The stage `body`: a mesh of the person in camera space for each frame. Light to import."""

from cointeract_curation.stages.body.config import BodyConfig
from cointeract_curation.stages.body.stage import BodyStage

__all__ = ["BodyConfig", "BodyStage"]
