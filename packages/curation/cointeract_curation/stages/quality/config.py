"""Configuration of the `quality` stage: at which size, how often and from which level on things are measured.

Nothing here rejects a clip; thresholds on the scores belong to the policy.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator

from cointeract_curation.core.stage import StageConfig


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SharpnessConfig(_Section):
    """Variance of the Laplacian at one normalised size, so that clips of different resolution compare."""

    short_side: int = Field(default=480, ge=64, description="pixels of the shorter side that frames are scaled to")
    stride: int = Field(default=5, ge=1, description="every how many frames one is measured")
    tile: int = Field(
        default=60, ge=8, description="side in pixels (of the scaled frame) of the tiles for `sharpness_detail`"
    )


class MotionConfig(_Section):
    """Dense optical flow on the small luma pictures."""

    stride: int = Field(default=2, ge=1, description="frames between the two pictures of a pair, and between pairs")
    border_share: float = Field(
        default=0.15,
        gt=0.0,
        lt=0.5,
        description="width of the border that stands for the camera, as a share of each side",
    )


class RunsConfig(_Section):
    """When a frame counts as black, and when as a repetition of the one before it."""

    black_luma: int = Field(default=25, ge=0, le=255, description="a pixel up to this luma (0..255) is black")
    black_share: float = Field(
        default=0.98, gt=0.0, le=1.0, description="share of black pixels from which on a frame is black"
    )
    frozen_tile: int = Field(
        default=8, ge=1, description="side in pixels of the tiles, in the small luma picture, that are compared"
    )
    frozen_difference: float = Field(
        default=1.0,
        ge=0.0,
        description="a frame repeats the one before where no tile's mean absolute difference is above this luma",
    )
    frozen_keyframe_difference: float = Field(
        default=2.0, ge=0.0, description="the same, between two frozen runs that a keyframe may have parted"
    )


class OverlayConfig(_Section):
    """Persistent, still text: captions, price tags, watermarks."""

    samples: int = Field(default=5, ge=2, description="frames looked at, spread evenly over the clip")
    short_side: int = Field(
        default=384, ge=64, description="pixels of the shorter side for text detection and comparison"
    )
    presence: float = Field(default=0.5, gt=0.0, le=1.0, description="share of the sampled frames a region must be in")
    overlap: float = Field(
        default=0.5, gt=0.0, le=1.0, description="intersection over union from which on two boxes are one place"
    )
    stillness: float = Field(
        default=0.6,
        ge=0.0,
        le=1.0,
        description="correlation of edges at equal pixels from which on two pictures of a region are one",
    )
    text_score: float = Field(default=0.5, ge=0.0, le=1.0, description="least score of the text detector for a box")


class SpeechConfig(_Section):
    """Silero VAD's own hysteresis; the defaults are those of the library, with no padding of runs."""

    threshold: float = Field(default=0.5, gt=0.0, lt=1.0, description="speech starts at this probability")
    release: float = Field(default=0.35, ge=0.0, lt=1.0, description="speech may end below this probability")
    shortest_speech_s: float = Field(default=0.25, ge=0.0, description="shorter runs of speech are left out")
    shortest_silence_s: float = Field(default=0.1, ge=0.0, description="shorter pauses don't end a run")

    @model_validator(mode="after")
    def _hysteresis(self) -> SpeechConfig:
        if self.release > self.threshold:
            raise ValueError(
                f"release {self.release} lies above threshold {self.threshold}: speech would end where it starts"
            )
        return self


class LoudnessConfig(_Section):
    """Levels of the sound."""

    clipping_level: float = Field(
        default=0.999, gt=0.0, le=1.0, description="a sample of this magnitude (1: full scale) is clipped"
    )


class QualityConfig(StageConfig):
    """Configuration of the `quality` stage."""

    short_side: int = Field(
        default=180, ge=64, description="pixels of the shorter side for luminance, black and frozen frames, and motion"
    )
    sharpness: SharpnessConfig = SharpnessConfig()
    motion: MotionConfig = MotionConfig()
    runs: RunsConfig = RunsConfig()
    overlay: OverlayConfig = OverlayConfig()
    speech: SpeechConfig = SpeechConfig()
    loudness: LoudnessConfig = LoudnessConfig()
    nsfw: bool = Field(
        default=False,
        description="score nudity with NudeNet on the overlay's samples; needs the extra `nsfw` (AGPL-3.0)",
    )
