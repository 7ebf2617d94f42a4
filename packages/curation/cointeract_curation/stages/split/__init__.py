"""`split`: from a detector's signal to shots and training windows."""

from cointeract_curation.stages.split.config import SplitConfig
from cointeract_curation.stages.split.result import Shot, SplitResult, Window
from cointeract_curation.stages.split.stage import SplitStage
from cointeract_curation.stages.split.windows import split_windows

__all__ = ["Shot", "SplitConfig", "SplitResult", "SplitStage", "Window", "split_windows"]
