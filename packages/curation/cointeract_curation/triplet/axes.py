"""What judges a triplet, what it is judged on, and what the judge says: a score for each axis."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from cointeract_curation.triplet.clip import HandledClip, Picture


class Axis(StrEnum):
    """What a triplet is judged on. Each score goes from 0 to 1, higher is better."""

    IDENTITY = "identity"
    PRODUCT_GONE = "product_gone"
    PRODUCT_SAME = "product_same"
    PRODUCT_ISOLATED = "product_isolated"
    NO_HAND = "no_hand"
    PLAUSIBLE_SIZE = "plausible_size"
    SAFE = "safe"


PERSON_AXES = (Axis.IDENTITY, Axis.PRODUCT_GONE)
"""What can be judged from `person.png` alone, and what another frame may better."""
PRODUCT_AXES = (Axis.PRODUCT_SAME, Axis.PRODUCT_ISOLATED, Axis.NO_HAND)
"""The same for `product.png`."""


@dataclass(frozen=True)
class Triplet:
    """A clip and its two references."""

    clip: HandledClip = field(repr=False)
    """Frames, object masks, landmarks and the fitted body."""
    person: Picture | None = field(repr=False)
    """(H, W, 3) uint8 RGB: the person without the product; None while it isn't made."""
    product: Picture | None = field(repr=False)
    """(H, W, 3) uint8 RGB: the product alone on white; None while it isn't made."""
    person_frame: int | None = None
    """The frame that `person` is an edit of; None where that isn't known or the picture isn't aligned with any frame."""


@dataclass(frozen=True)
class Judged:
    """One axis: the score, or None where the judge abstains, why, and what was measured on the way."""

    value: float | None
    reason: str
    measured: dict[str, float | None] = field(default_factory=dict)


class TripletJudge(Protocol):
    """Judges triplets. The same triplet always gets the same answer.

    Measured checks are one implementation; a vision-language model that is shown frames and references and answers by axis, or a
    set of embeddings, is another. What a judge can't tell, it leaves out or answers with None: never with a pass.
    """

    name: str

    def judge(self, triplet: Triplet, axes: Collection[Axis]) -> dict[Axis, Judged]:
        """Score a triplet on some axes."""

    def close(self) -> None:
        """Let go of models."""


def overall(judged: Mapping[Axis, Judged]) -> float | None:
    """One score of a triplet: that of its worst axis, since one fault spoils a sample. None where nothing was judged."""
    values = [item.value for item in judged.values() if item.value is not None]
    return min(values, default=None)
