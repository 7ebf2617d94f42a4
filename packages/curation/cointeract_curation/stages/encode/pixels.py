"""What a sample shows, in the pixels of its bucket."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, eq=False)
class ClipPixels:
    """What a sample shows, in its bucket: uint8 RGB, (3, frames, height, width) each.

    Attributes:
        target: 81 frames.
        hoi: 81 frames, frame for frame with the target.
        person: one frame.
        product: one frame, the product whole on white.
        motion: the 73 frames before the target, or None.
        pose: 81 frames, or None.
    """

    target: Tensor
    hoi: Tensor
    person: Tensor
    product: Tensor
    motion: Tensor | None = None
    pose: Tensor | None = None
