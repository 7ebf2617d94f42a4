"""`shots`: the signal of a shot detector for each source frame of a span."""

from cointeract_curation.stages.shots.config import ShotsConfig
from cointeract_curation.stages.shots.signal import SpanSignal, load_signal, save_signal
from cointeract_curation.stages.shots.stage import ShotsStage

__all__ = ["ShotsConfig", "ShotsStage", "SpanSignal", "load_signal", "save_signal"]
