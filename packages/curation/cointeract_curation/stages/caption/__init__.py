"""The stage `caption`: the prompts of a clip, from what was measured. Light to import."""

from cointeract_curation.stages.caption.config import CaptionConfig
from cointeract_curation.stages.caption.stage import CaptionStage

__all__ = ["CaptionConfig", "CaptionStage"]
