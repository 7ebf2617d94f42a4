"""The stage `object`: the handled object's pixels, and contact with the hands. Light to import."""

from cointeract_curation.stages.object.config import ObjectConfig
from cointeract_curation.stages.object.stage import ObjectStage

__all__ = ["ObjectConfig", "ObjectStage"]
