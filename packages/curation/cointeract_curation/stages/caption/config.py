"""Configuration of the stage `caption`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from cointeract_curation.core.stage import StageConfig

Share = Annotated[float, Field(ge=0.0, le=1.0)]


class CaptionConfig(StageConfig):
    """How a clip is described."""

    backend: Literal["template"] = "template"
    object_share: Share = 0.15
    """Least share of frames that show the object for the sentence to speak of it."""
    contact_share: Share = 0.3
    """Least share of the frames with the object in which a hand touches it for that hand to hold it."""
    touch_share: Share = 0.15
    """Least such share for the other hand to be said to touch it."""
    speech_share: Share = 0.2
    """Least share of the sound that is speech for the person to talk."""
