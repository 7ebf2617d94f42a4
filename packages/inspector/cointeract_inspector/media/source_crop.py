"""The place in the clip that a reference was made from, laid out as the reference is, to flicker between the two."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cointeract_inspector.errors import ApiError
from cointeract_shards.object_masks import RunLength

WHITE = 250
"""A pixel of a product picture with a darker channel belongs to the product."""
BACKDROP = (255, 255, 255)


def person_source(frame: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The whole frame in the size of the person's picture, which shows that frame."""
    return frame if frame.size == size else frame.resize(size, Image.Resampling.BICUBIC)


def product_source(frame: Image.Image, mask: RunLength | None, product: Image.Image) -> Image.Image:
    """The frame moved and scaled so that the object's box lies where the product lies in its picture.

    Args:
        frame: the frame that the product was cut from.
        mask: the object in that frame.
        product: the product on white.

    Raises:
        ApiError: 404, no object in that frame or nothing in the picture to lay it over.
    """
    there = None if mask is None else _mask_box(mask)
    here = _drawn_box(product)
    if there is None or here is None:
        raise ApiError(404, "not_found", "the object isn't seen in the frame that the product was cut from")
    scale = (there[2] - there[0]) / (here[2] - here[0]), (there[3] - there[1]) / (here[3] - here[1])
    # One scale for both sides keeps the shape where the product was completed beyond what the mask shows.
    scale_xy = (scale[0] + scale[1]) / 2
    centre_there = (there[0] + there[2]) / 2, (there[1] + there[3]) / 2
    centre_here = (here[0] + here[2]) / 2, (here[1] + here[3]) / 2
    moves = (
        scale_xy,
        0.0,
        centre_there[0] - scale_xy * centre_here[0],
        0.0,
        scale_xy,
        centre_there[1] - scale_xy * centre_here[1],
    )
    return frame.transform(product.size, Image.Transform.AFFINE, moves, Image.Resampling.BILINEAR, fillcolor=BACKDROP)


def open_picture(data: bytes, where: str) -> Image.Image:
    """A still picture in RGB.

    Raises:
        ApiError: 404, it doesn't decode.
    """
    try:
        return Image.open(BytesIO(data)).convert("RGB")
    except OSError as error:
        raise ApiError(404, "not_decodable", f"{where} doesn't decode as a picture: {error}") from error


def _mask_box(mask: RunLength) -> tuple[int, int, int, int] | None:
    height, width = mask.size
    flags = np.repeat(np.arange(len(mask.runs())) % 2 == 1, mask.runs()).reshape(width, height).T
    return _box(flags)


def _drawn_box(product: Image.Image) -> tuple[int, int, int, int] | None:
    return _box(np.asarray(product).min(axis=2) < WHITE)


def _box(flags: NDArray[np.bool_]) -> tuple[int, int, int, int] | None:
    rows, columns = np.flatnonzero(flags.any(axis=1)), np.flatnonzero(flags.any(axis=0))
    if not len(rows):
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
