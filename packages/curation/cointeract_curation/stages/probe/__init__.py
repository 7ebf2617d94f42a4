"""`probe`: what a source is, measured without decoding all of it."""

from cointeract_curation.stages.probe.config import ProbeConfig
from cointeract_curation.stages.probe.record import AudioStreamRecord, ProbeRecord, VideoStreamRecord
from cointeract_curation.stages.probe.stage import ProbeStage

__all__ = ["AudioStreamRecord", "ProbeConfig", "ProbeRecord", "ProbeStage", "VideoStreamRecord"]
