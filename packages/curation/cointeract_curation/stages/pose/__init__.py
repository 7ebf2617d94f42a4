"""The stage `pose`: a skeleton video of the whole body. Light to import."""

from cointeract_curation.stages.pose.config import PoseConfig
from cointeract_curation.stages.pose.stage import PoseStage

__all__ = ["PoseConfig", "PoseStage"]
