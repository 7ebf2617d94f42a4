"""What makes references: a clip and a frame of it go in, pictures of that frame's size come out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from cointeract_curation.triplet.clip import HandledClip, Mask, Picture


@dataclass(frozen=True)
class FrameContext:
    """The frame that a reference is made from, and the clip around it."""

    clip: HandledClip = field(repr=False)
    frame: int

    @property
    def picture(self) -> Picture:
        """(H, W, 3) uint8 RGB."""
        return self.clip.frames[self.frame]

    @property
    def size(self) -> tuple[int, int]:
        """Height, width."""
        return self.clip.height, self.clip.width

    @property
    def mask(self) -> Mask:
        """(H, W) the product's visible pixels."""
        return self.clip.mask(self.frame)


@dataclass(frozen=True)
class Made:
    """A reference."""

    image: Picture = field(repr=False)
    """(H, W, 3) uint8 RGB, of the frame's size."""
    notes: dict[str, float] = field(default_factory=dict)
    """What the maker says of its work, for `references.json`."""


class ReferenceMaker(Protocol):
    """Makes the two references. The answer to the same context is always the same.

    The two are asked for one at a time, since each has its own best frames and only the one that fails is made again.
    """

    name: str
    aligned: bool
    """Whether `person.png` keeps every pixel outside of the product where it was; an editing model may shift it."""

    def person(self, context: FrameContext) -> Made:
        """The frame without its product. Raises `ValueError` for an empty mask: there is nothing to remove."""

    def product(self, context: FrameContext) -> Made:
        """The frame's product alone on white. Raises `ValueError` for an empty mask: there is nothing to isolate."""
