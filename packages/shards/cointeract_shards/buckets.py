"""Buckets: the sizes that videos are trained at, and which part of a picture a bucket shows.

Videos and the person's picture cover their bucket: they are scaled by `max(target_w / w, target_h / h)` and the centre is cut out, as
the released trainer does and as `boxes.box_tokens` does with boxes. The product's picture fits into it whole, on white.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Self

from pydantic import Field

from cointeract_shards.constants import TOKEN_PIXELS, VAE_SPATIAL_STRIDE
from cointeract_shards.errors import ContractError
from cointeract_shards.records import Record

_SIZE = re.compile(r"(\d+)x(\d+)")
SAME_SHAPE = 1e-9
"""Difference of logarithms of two aspects below which they are one."""


class Bucket(Record):
    """A training size in pixels; both sides are multiples of 16, so that tokens fill it. Its text is `416x240`, width first."""

    width: int = Field(gt=0, multiple_of=TOKEN_PIXELS)
    height: int = Field(gt=0, multiple_of=TOKEN_PIXELS)

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"

    @property
    def cells(self) -> tuple[int, int]:
        """Rows and columns of a latent."""
        return self.height // VAE_SPATIAL_STRIDE, self.width // VAE_SPATIAL_STRIDE

    @classmethod
    def parse(cls, text: str) -> Self:
        """The bucket that `416x240` names.

        Raises:
            ContractError: not of that form, or not multiples of 16.
        """
        match = _SIZE.fullmatch(text.strip())
        if match is None:
            raise ContractError(f"bucket {text!r} isn't a width and a height in pixels, such as 416x240")
        width, height = int(match[1]), int(match[2])
        if min(width, height) < 1 or width % TOKEN_PIXELS or height % TOKEN_PIXELS:
            raise ContractError(
                f"bucket {text!r}: both sides must be multiples of {TOKEN_PIXELS} pixels; "
                f"the nearest is {_nearest(width)}x{_nearest(height)}"
            )
        return cls(width=width, height=height)


class Placement(Record):
    """Where a picture lies in its bucket, in pixels.

    It is scaled to `scaled_width` x `scaled_height`, and the bucket's pixel (0, 0) lies at its (`left`, `top`): from 0 where
    the picture covers the bucket, up to 0 where it is padded.
    """

    source_width: int = Field(gt=0)
    source_height: int = Field(gt=0)
    scaled_width: int = Field(gt=0)
    scaled_height: int = Field(gt=0)
    left: int
    top: int

    @property
    def scale(self) -> float:
        """How much larger the picture becomes; above 1 it is blown up."""
        return max(self.scaled_width / self.source_width, self.scaled_height / self.source_height)


def cover(width: int, height: int, bucket: Bucket) -> Placement:
    """A picture of this size, scaled to cover the bucket, its centre cut out."""
    scale = max(bucket.width / width, bucket.height / height)
    return _centred(width, height, scale, bucket)


def contain(width: int, height: int, bucket: Bucket) -> Placement:
    """A picture of this size, scaled to fit into the bucket whole, in the middle."""
    scale = min(bucket.width / width, bucket.height / height)
    return _centred(width, height, scale, bucket)


def nearest_bucket(width: int, height: int, buckets: Sequence[Bucket]) -> Bucket:
    """The bucket whose aspect is nearest; of several of one aspect the largest that needs no blowing up, else the smallest.

    Raises:
        ContractError: there are no buckets.
    """
    if not buckets:
        raise ContractError("there is no bucket to choose from; state at least one, such as 416x240")
    aspect = width / height
    off = {bucket: abs(math.log(bucket.width / bucket.height / aspect)) for bucket in buckets}
    nearest = min(off.values())
    fitting = sorted(
        (bucket for bucket in buckets if off[bucket] <= nearest + SAME_SHAPE), key=lambda one: (one.width, one.height)
    )
    kept = [bucket for bucket in fitting if cover(width, height, bucket).scale <= 1]
    return kept[-1] if kept else fitting[0]


def _centred(width: int, height: int, scale: float, bucket: Bucket) -> Placement:
    # No picture is so long that nothing of it is left.
    scaled_width, scaled_height = max(1, round(width * scale)), max(1, round(height * scale))
    return Placement(
        source_width=width,
        source_height=height,
        scaled_width=scaled_width,
        scaled_height=scaled_height,
        left=int((scaled_width - bucket.width) / 2),
        top=int((scaled_height - bucket.height) / 2),
    )


def _nearest(side: int) -> int:
    return max(1, round(side / TOKEN_PIXELS)) * TOKEN_PIXELS
