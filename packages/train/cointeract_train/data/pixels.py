"""From decoded frames to what a latent codec takes: the bucket's pixels, from -1 to 1.

Scaled bilinearly with a triangle filter over all source pixels that a pixel covers, in 8 bits, as where caches are made.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from cointeract_shards.buckets import Bucket, Placement, contain, cover
from cointeract_train.data.decoding import Picture

WHITE = 255
HALF_RANGE = 127.5


def covering(frames: Sequence[Picture], bucket: Bucket) -> Tensor:
    """Frames that cover the bucket, their centre cut out: (1, 3, frames, height, width) float32."""
    cut = []
    for frame in frames:
        place = cover(frame.shape[1], frame.shape[0], bucket)
        rows, columns = slice(place.top, place.top + bucket.height), slice(place.left, place.left + bucket.width)
        cut.append(_scaled(frame, place)[:, rows, columns])
    return _normalised(torch.stack(cut, 1))


def contained(picture: Picture, bucket: Bucket) -> Tensor:
    """A picture whole, in the middle of a white bucket: (1, 3, 1, height, width) float32."""
    place = contain(picture.shape[1], picture.shape[0], bucket)
    canvas = torch.full((3, bucket.height, bucket.width), WHITE, dtype=torch.uint8)
    top, left = -place.top, -place.left
    canvas[:, top : top + place.scaled_height, left : left + place.scaled_width] = _scaled(picture, place)
    return _normalised(canvas[:, None])


def _scaled(picture: Picture, place: Placement) -> Tensor:
    pixels = torch.from_numpy(picture).permute(2, 0, 1)[None]
    size = (place.scaled_height, place.scaled_width)
    return (
        pixels[0]
        if pixels.shape[2:] == size
        else functional.interpolate(pixels, size, mode="bilinear", antialias=True)[0]
    )


def _normalised(pixels: Tensor) -> Tensor:
    return pixels[None].to(torch.float32).div_(HALF_RANGE).sub_(1)
