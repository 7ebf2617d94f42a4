"""From frames of a clip to pixels of a bucket.

Scaling is bilinear with a triangle filter over all source pixels that a pixel covers, as the released trainer scales its pictures
(within one level of 255).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from cointeract_shards.buckets import Bucket, Placement, contain, cover

WHITE = 255
Picture = NDArray[np.uint8]


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


def covering(frames: Iterable[Picture], bucket: Bucket) -> Tensor:
    """Frames (H, W, 3) that cover the bucket, their centre cut out: (3, frames, height, width) uint8."""
    cut = []
    for frame in frames:
        place = cover(frame.shape[1], frame.shape[0], bucket)
        scaled = _scaled(frame, place)
        cut.append(scaled[:, place.top : place.top + bucket.height, place.left : place.left + bucket.width])
    return torch.stack(cut, 1)


def contained(picture: Picture, bucket: Bucket) -> Tensor:
    """A picture (H, W, 3) whole, in the middle of a white bucket: (3, 1, height, width) uint8."""
    place = contain(picture.shape[1], picture.shape[0], bucket)
    canvas = torch.full((3, bucket.height, bucket.width), WHITE, dtype=torch.uint8)
    top, left = -place.top, -place.left
    canvas[:, top : top + place.scaled_height, left : left + place.scaled_width] = _scaled(picture, place)
    return canvas[:, None]


def _scaled(picture: Picture, place: Placement) -> Tensor:
    """(3, rows, columns) uint8."""
    # A copy, because decoded frames are read-only and torch has no such thing.
    pixels = torch.from_numpy(picture.copy()).permute(2, 0, 1)[None]
    size = (place.scaled_height, place.scaled_width)
    if pixels.shape[2:] == size:
        return pixels[0]
    return functional.interpolate(pixels, size, mode="bilinear", antialias=True)[0]
