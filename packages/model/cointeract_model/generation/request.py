"""Of what a video is made."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from cointeract_model.generation.errors import GenerationError


@dataclass(frozen=True)
class Request:
    """Files and prompts of one video.

    Attributes:
        person: picture of the person, without the product.
        audio: sound, which also sets the video's length.
        prompts: one for each clip of 80 frames; the last one holds for all that follow.
        product: picture of the product alone, best on white.
        product_scale: share of the picture that the product's positions are spread over; 1 is all.

    Raises:
        GenerationError: no prompt, an empty one, or a scale that isn't positive.
    """

    person: Path
    audio: Path
    prompts: tuple[str, ...]
    product: Path | None = None
    product_scale: float = 1.0

    def __post_init__(self) -> None:
        if not self.prompts or not all(prompt.strip() for prompt in self.prompts):
            raise GenerationError(f"prompts are {self.prompts!r}: give at least one, and none that is empty")
        if not (math.isfinite(self.product_scale) and self.product_scale > 0):
            raise GenerationError(
                f"product scale is {self.product_scale}: give a positive number, 1 for the whole picture"
            )

    def prompt_of(self, clip: int) -> str:
        """The prompt of a clip."""
        return self.prompts[min(clip, len(self.prompts) - 1)]
