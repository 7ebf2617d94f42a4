"""What writes the prompt of a clip."""

from __future__ import annotations

from typing import Protocol

from cointeract_curation.media.frames import Frames
from cointeract_curation.stages.caption.facts import Facts


class Captioner(Protocol):
    """Describes a clip in English.

    A captioner that looks at pictures (a vision language model) may name what was not measured, such as the kind of product; the facts
    tell it what is certain.
    """

    def describe(self, frames: Frames, facts: Facts) -> str:
        """One or a few sentences, without a line break. The same frames and facts give the same text."""
