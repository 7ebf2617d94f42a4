"""From pictures to what a latent codec takes: the pixels of a bucket.

Scaling is bilinear with a triangle filter over all source pixels that a pixel covers, in 8 bits, as the released trainer scales its
pictures (within one level of 255). Curation's caches and training on the fly both come from here, so that they are equal.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from cointeract_shards.buckets import Bucket, Placement, contain, cover

WHITE = 255
HALF_RANGE = 127.5
Picture = NDArray[np.uint8]


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


def normalised(pixels: Tensor) -> Tensor:
    """A batch of one, (1, 3, frames, height, width) float32 from -1 to 1, of uint8 (3, frames, height, width)."""
    return pixels[None].to(torch.float32).div_(HALF_RANGE).sub_(1)


def _scaled(picture: Picture, place: Placement) -> Tensor:
    """(3, rows, columns) uint8; may share the picture's memory."""
    # Decoded frames may be read-only, and torch has no such thing.
    own = picture if picture.flags.writeable else picture.copy()
    pixels = torch.from_numpy(own).permute(2, 0, 1)[None]
    size = (place.scaled_height, place.scaled_width)
    if pixels.shape[2:] == size:
        return pixels[0]
    return functional.interpolate(pixels, size, mode="bilinear", antialias=True)[0]
