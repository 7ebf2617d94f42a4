"""Masks as COCO run-length codes and back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cointeract_shards.object_masks import ObjectMasks, RunLength

Mask = NDArray[np.bool_]


def encode_mask(mask: Mask) -> RunLength | None:
    """The code of a mask (H, W), or None where it is empty."""
    from pycocotools import mask as coco

    if not mask.any():
        return None
    code = coco.encode(np.asfortranarray(mask, dtype=np.uint8))
    height, width = (int(side) for side in code["size"])
    return RunLength(size=(height, width), counts=code["counts"].decode("ascii"))


def decode_mask(code: RunLength) -> Mask:
    """The mask (H, W) of a code."""
    from pycocotools import mask as coco

    return np.asarray(coco.decode({"size": list(code.size), "counts": code.counts.encode("ascii")}), dtype=bool)


def make_masks(masks: Sequence[Mask], size: tuple[int, int]) -> ObjectMasks:
    """The record of the masks (H, W) of all frames; ``size`` is (width, height)."""
    codes = tuple(encode_mask(mask) for mask in masks)
    return ObjectMasks(width=size[0], height=size[1], frames=len(codes), masks=codes)


def read_masks(path: Path) -> ObjectMasks:
    """Read a file that holds an `ObjectMasks` record.

    Raises:
        RecordError: it isn't one; the message names the file and the field.
    """
    return ObjectMasks.from_bytes(path.read_bytes(), where=path.name)
