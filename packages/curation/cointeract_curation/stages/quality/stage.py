"""The `quality` stage: one pass over the frames, then one measurement after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from cointeract_curation.core.stage import Scores, Stage, Workspace
from cointeract_curation.core.units import UnitKind
from cointeract_curation.core.versions import distribution_version
from cointeract_curation.stages.quality.audio import read_audio
from cointeract_curation.stages.quality.config import QualityConfig
from cointeract_curation.stages.quality.loudness import measure_loudness
from cointeract_curation.stages.quality.luminance import measure_luminance
from cointeract_curation.stages.quality.motion import measure_motion
from cointeract_curation.stages.quality.nsfw import NudityDetector, require_nudenet
from cointeract_curation.stages.quality.pictures import ClipPictures, take_pictures
from cointeract_curation.stages.quality.record import (
    QUALITY_FILE,
    FrameSeries,
    OverlayRegion,
    QualityRecord,
    TextInFrame,
)
from cointeract_curation.stages.quality.runs import black_frames, flagged_runs, frozen_runs, longest, repeats
from cointeract_curation.stages.quality.sharpness import measure_sharpness
from cointeract_curation.stages.quality.speech import CHUNK, SpeechDetector
from cointeract_curation.stages.quality.text_overlay import TextFinder, find_overlays
from cointeract_shards.constants import FPS, SAMPLE_RATE
from cointeract_shards.records import Box

if TYPE_CHECKING:
    from collections.abc import Iterable

# cv2 is imported inside functions so that light commands stay light.

SERIES_DIGITS = 4


@dataclass(frozen=True)
class _Models:
    text: TextFinder
    speech: SpeechDetector
    nudity: NudityDetector | None


class QualityStage(Stage[QualityConfig]):
    """Measures what a clip looks and sounds like.

    Scores, all finite; ``nsfw_max`` alone is None, where ``QualityConfig.nsfw`` is off:

    - ``luminance_mean``, ``luminance_p05``, ``luminance_p95``, ``contrast``: luma, 0..255 (`luminance.Luminance`).
    - ``sharpness``, ``sharpness_min``, ``sharpness_detail``: variance of the Laplacian at 480 pixels
      (`sharpness.Sharpness`).
    - ``motion_mean``, ``motion_p95``, ``motion_local``, ``camera_motion``, ``camera_shake``: diagonals per second
      (`motion.Motion`).
    - ``black_share``, ``black_run``: share and longest run (frames) of black frames.
    - ``frozen_share``, ``frozen_run``: share of frames that repeat the one before, and the longest run (frames) of
      one picture.
    - ``overlay_share``, ``overlay_boxes``, ``text_share``: persistent text and all text (`text_overlay.TextOverlay`).
    - ``nsfw_max``: highest score of an exposed class.
    - ``speech_share``, ``speech_longest_s``, ``speech_probability``: Silero VAD (`speech.Speech`).
    - ``loudness_lufs``, ``peak_dbfs``, ``clipping_share``: levels (`loudness.Loudness`).
    """

    name: ClassVar[str] = "quality"
    version: ClassVar[int] = 1
    unit: ClassVar[UnitKind] = UnitKind.CLIP
    requires: ClassVar[tuple[str, ...]] = ("cut",)
    outputs: ClassVar[tuple[str, ...]] = (QUALITY_FILE,)
    time_limit_s: ClassVar[float] = 120.0

    def __init__(self, config: QualityConfig) -> None:
        """Raises `ConfigurationError` where the configuration asks for NudeNet and it is not installed."""
        super().__init__(config)
        if config.nsfw:
            require_nudenet()
        self._models: _Models | None = None

    def revision(self) -> str:
        """Versions of the libraries that measure, and of the models in their wheels."""
        libraries = ["opencv-contrib-python", "rapidocr-onnxruntime", "silero-vad", "onnxruntime", "av"]
        return distribution_version(*libraries, *(["nudenet"] if self.config.nsfw else []))

    def setup(self) -> None:
        """Load the models. Sets OpenCV to one thread for the whole process."""
        import cv2

        cv2.setNumThreads(1)
        nudity = NudityDetector() if self.config.nsfw else None
        self._models = _Models(TextFinder(self.config.overlay.text_score), SpeechDetector(), nudity)

    def close(self) -> None:
        """Let go of the models."""
        self._models = None

    def run(self, workspace: Workspace) -> Scores:
        """Measure a clip and write ``quality.json``."""
        if self._models is None:
            raise RuntimeError("the quality stage was run before setup()")
        config = self.config
        pictures = take_pictures(workspace.frames("cut", "rgb.mp4"), config)
        count = len(pictures.luma)
        luminance = measure_luminance(pictures.luma)
        sharpness = measure_sharpness(pictures.detailed, config.sharpness.tile)
        motion = measure_motion(pictures.luma, FPS, config.motion)
        black = black_frames(pictures.luma, config.runs.black_luma, config.runs.black_share)
        black_runs = flagged_runs(black)
        still_runs = frozen_runs(
            pictures.luma,
            config.runs.frozen_tile,
            config.runs.frozen_difference,
            config.runs.frozen_keyframe_difference,
        )
        overlay = find_overlays(pictures.sampled, self._models.text, config.overlay)
        nudity = self._models.nudity
        nsfw_max = None if nudity is None else nudity.highest_score(pictures.sampled.values())
        samples = read_audio(workspace.input("cut", "audio.wav"))
        speech = self._models.speech.measure(samples, config.speech)
        loudness = measure_loudness(samples, SAMPLE_RATE, config.loudness.clipping_level)

        to_video = _Scaling(pictures)
        QualityRecord(
            width=pictures.width,
            height=pictures.height,
            frames=count,
            luminance=FrameSeries(stride=1, values=_rounded(luminance.by_frame)),
            sharpness=FrameSeries(stride=config.sharpness.stride, values=_rounded(sharpness.by_frame.values())),
            motion=FrameSeries(stride=min(config.motion.stride, count - 1), values=_rounded(motion.by_pair)),
            black_runs=black_runs,
            frozen_runs=still_runs,
            overlays=[OverlayRegion(box=to_video.box(item.box), presence=item.presence) for item in overlay.overlays],
            text=[
                TextInFrame(frame=frame, boxes=[to_video.box(box) for box in boxes])
                for frame, boxes in overlay.text.items()
            ],
            speech_probability=_rounded(speech.probability),
            speech_chunk=CHUNK,
            speech_runs=speech.runs,
        ).save(workspace.output(QUALITY_FILE))
        return {
            "luminance_mean": luminance.mean,
            "luminance_p05": luminance.p05,
            "luminance_p95": luminance.p95,
            "contrast": luminance.contrast,
            "sharpness": sharpness.median,
            "sharpness_min": sharpness.lowest,
            "sharpness_detail": sharpness.detail,
            "motion_mean": motion.mean,
            "motion_p95": motion.p95,
            "motion_local": motion.local,
            "camera_motion": motion.camera,
            "camera_shake": motion.shake,
            "black_share": float(black.mean()),
            "black_run": longest(black_runs),
            "frozen_share": repeats(still_runs) / (count - 1),
            "frozen_run": longest(still_runs),
            "overlay_share": overlay.overlay_share,
            "overlay_boxes": len(overlay.overlays),
            "text_share": overlay.text_share,
            "nsfw_max": nsfw_max,
            "speech_share": speech.share,
            "speech_longest_s": speech.longest_s,
            "speech_probability": speech.mean_probability,
            "loudness_lufs": loudness.integrated_lufs,
            "peak_dbfs": loudness.peak_dbfs,
            "clipping_share": loudness.clipping_share,
        }


class _Scaling:
    """From pixels of the sampled pictures to pixels of the video."""

    def __init__(self, pictures: ClipPictures) -> None:
        height, width = next(iter(pictures.sampled.values())).shape[:2]
        self._x, self._y = pictures.width / width, pictures.height / height

    def box(self, box: Box) -> Box:
        x1, y1, x2, y2 = box
        return _digits(x1 * self._x), _digits(y1 * self._y), _digits(x2 * self._x), _digits(y2 * self._y)


def _digits(value: float) -> float:
    return round(float(value), SERIES_DIGITS)


def _rounded(values: Iterable[float]) -> list[float]:
    return [_digits(value) for value in values]
