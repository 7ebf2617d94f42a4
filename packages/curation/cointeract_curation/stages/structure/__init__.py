"""The stage `structure`: the interaction without appearance, as a video. Light to import."""

from cointeract_curation.stages.structure.config import StructureConfig
from cointeract_curation.stages.structure.stage import StructureStage

__all__ = ["StructureConfig", "StructureStage"]
