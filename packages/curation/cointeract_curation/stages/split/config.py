"""Configuration of `split`."""

from __future__ import annotations

from pydantic import Field

from cointeract_curation.core.stage import StageConfig
from cointeract_shards.constants import MOTION_FRAMES, TARGET_FRAMES


class SplitConfig(StageConfig):
    """Where a shot ends, and which windows are taken from it. Frames are counted at 25 fps unless stated otherwise."""

    transnetv2_threshold: float = Field(
        default=0.5, gt=0, lt=1, description="probability of a transition; the authors use 0.5"
    )
    hard_cut_frames: int = Field(
        default=3, ge=1, description="source frames above the threshold up to which a transition counts as a hard cut"
    )
    adaptive_threshold: float = Field(
        default=3.0,
        gt=0,
        description="content value over the mean of its neighbours'; PySceneDetect's AdaptiveDetector",
    )
    adaptive_window: int = Field(default=2, ge=1, description="neighbours on each side in that mean, in source frames")
    min_content: float = Field(default=15.0, ge=0, description="content value that a cut has at least")
    max_gap_s: float = Field(default=0.25, gt=0, description="seconds without a new source frame that end a shot")
    short_window_frames: int = Field(
        default=0,
        ge=0,
        description="a shot too short for a window gives one of what it has, from this many frames on, so that the policy can say "
        "why its footage is lost; 0: it gives none",
    )
    margin_frames: int = Field(
        default=3, ge=0, description="frames kept away from each cut; not from the source's own ends"
    )
    target_frames: int = Field(default=TARGET_FRAMES, ge=1, description="frames of a target window")
    motion_frames: int = Field(
        default=MOTION_FRAMES, ge=0, description="frames of motion context directly before a target"
    )
    stride_frames: int = Field(default=TARGET_FRAMES, ge=1, description="frames from one target to the next in a shot")
    first_window_without_motion: bool = Field(
        default=True, description="let a shot's first target start at the shot's start, without motion context"
    )
