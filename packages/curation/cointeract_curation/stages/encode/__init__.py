"""The stage `encode`: latents, text rows and audio features of a clip, for training at a stated size with stated codecs."""

from __future__ import annotations

from cointeract_curation.stages.encode.config import EncodeConfig
from cointeract_curation.stages.encode.stage import EncodeStage, encode_stage

__all__ = ["EncodeConfig", "EncodeStage", "encode_stage"]
