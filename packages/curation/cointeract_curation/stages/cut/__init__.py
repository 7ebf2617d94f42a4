"""`cut`: one training window as 25 fps video and 16 kHz sound."""

from cointeract_curation.stages.cut.config import CutConfig
from cointeract_curation.stages.cut.record import CutRecord
from cointeract_curation.stages.cut.stage import CutStage

__all__ = ["CutConfig", "CutRecord", "CutStage"]
