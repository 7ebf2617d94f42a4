"""Configuration of the stage `people`."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from cointeract_curation.core.stage import StageConfig

Share = Annotated[float, Field(ge=0.0, le=1.0)]


class PeopleConfig(StageConfig):
    """How people are looked for and how their tracks are made. Thresholds that accept or reject a clip are the
    policy's, not here."""

    stride: int = Field(default=2, ge=1)
    """Every which frame is looked at; the last frame always is. Frames between are interpolated and marked so."""
    detect_short_side: int = Field(default=480, ge=128)
    """Shorter side, in pixels, of the picture that is looked at as a whole; a smaller frame is left as it is."""
    max_hands: int = Field(default=4, ge=2)
    """Hands searched for in a whole frame; more than two so that another person's show."""
    face_confidence: Share = 0.5
    hand_confidence: Share = 0.5
    pose_confidence: Share = 0.5

    second_look: bool = True
    """Whether a hand that the whole frame didn't show is looked for in a crop around the wrist."""
    crop_metres: float = Field(default=0.5, gt=0.0)
    """Side of that crop at the body's scale."""
    crop_size: int = Field(default=256, ge=128)
    """Side of the crop's picture, pixels."""
    crop_confidence: Share = 0.3
    """Lower than `hand_confidence`, since a hand is expected there."""
    crop_visibility: Share = 0.3
    """Least visibility of the wrist for a second look."""

    max_gap: int = Field(default=8, ge=1)
    """Frames without a detection that are bridged by interpolation; longer gaps stay empty."""
    smooth_window: int = Field(default=7, ge=1)
    """Frames of the Savitzky-Golay window (odd); 1 leaves tracks as detected."""

    pose_fallback: bool = True
    """Whether a hand that isn't found, on a wrist that is clearly seen, gets a box from the body's points, with a low
    score."""
    fallback_visibility: Share = 0.8
    """Least visibility of the wrist and finger points for that."""

    face_margin_top: float = Field(default=0.25, ge=0.0)
    """How far the stored face box goes above the detector's, which ends at the brow, as a share of its height."""
    face_margin_side: float = Field(default=-0.05, ge=-0.25)
    """How far it goes to either side, as a share of the width; less than 0: the detector's box is a square, faces are narrower."""
    face_margin_bottom: float = Field(default=0.03, ge=0.0)
    hand_margin: float = Field(default=0.06, ge=0.0)
    """How far a hand's box goes beyond its landmarks, which lie inside of the skin, as a share of the longer side."""
    hand_margin_wrist: float = Field(default=0.2, ge=0.0)
    """How far the hand goes on behind its wrist landmark, as a share of the way from the middle finger's knuckle to it."""

    persons_min_share: Share = 0.25
    """A number of people counts when at least this share of the frames shows so many at once."""
    persons_min_face: Share = 0.35
    """A face smaller than this share of the main face's height isn't counted as another person."""

    @model_validator(mode="after")
    def _bridges_the_stride(self) -> Self:
        if self.max_gap < self.stride - 1:
            raise ValueError(
                f"max_gap {self.max_gap} doesn't bridge the frames that a stride of {self.stride} skips: "
                f"set it to {self.stride - 1} or more"
            )
        if self.smooth_window % 2 == 0:
            raise ValueError(f"smooth_window {self.smooth_window} is even and has no middle frame: give an odd number")
        return self
