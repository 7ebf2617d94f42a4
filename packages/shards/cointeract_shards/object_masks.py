"""The record behind `object_masks.json`: the handled object's visible pixels in each frame, as COCO run-length codes."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from cointeract_shards.errors import RecordError
from cointeract_shards.records import Record, VersionedRecord

# COCO's code of numbers.
_ZERO = ord("0")
_GROUP_SIZE = 5
_GROUP_BITS = 0x1F
_NEGATIVE = 0x10
_MORE = 0x20
_PLAIN_RUNS = 2
"""Numbers before the first difference, less one."""


class RunLength(Record):
    """COCO's compressed run-length code of a mask: column by column, as `pycocotools.mask` writes and reads it."""

    size: tuple[int, int]
    """Height, width."""
    counts: str

    def runs(self) -> list[int]:
        """Lengths of the runs in column order, the first of them outside of the mask; they add up to height times width.

        Each number is written in groups of five bits, the lowest first, each as one character from `0` on: bit 5 says that
        another group follows, bit 4 of the last group is the sign. From the fourth on they are differences to the number
        before the last one.

        Raises:
            RecordError: the code ends in the middle of a number, or the runs don't fill the picture.
        """
        runs: list[int] = []
        value = shift = 0
        for character in self.counts:
            group = ord(character) - _ZERO
            value |= (group & _GROUP_BITS) << shift
            shift += _GROUP_SIZE
            if group & _MORE:
                continue
            if group & _NEGATIVE:
                value -= 1 << shift
            runs.append(value + runs[-2] if len(runs) > _PLAIN_RUNS else value)
            value = shift = 0
        height, width = self.size
        if shift or sum(runs) != height * width or min(runs, default=0) < 0:
            raise RecordError(
                f"a mask's run lengths add up to {sum(runs)}, not to {width} x {height} pixels; make it again"
            )
        return runs


class ObjectMasks(VersionedRecord):
    """One mask for each frame of the target video; null where the object isn't seen."""

    width: int = Field(gt=0)
    height: int = Field(gt=0)
    frames: int = Field(gt=0)
    masks: tuple[RunLength | None, ...]

    @model_validator(mode="after")
    def _masks_fit(self) -> Self:
        if len(self.masks) != self.frames:
            raise ValueError(f"{len(self.masks)} masks for {self.frames} frames; give one for each, null where unseen")
        for frame, mask in enumerate(self.masks):
            if mask is not None and mask.size != (self.height, self.width):
                raise ValueError(
                    f"the mask of frame {frame} is of {mask.size[1]}x{mask.size[0]} pixels, the video has {self.width}x{self.height}"
                )
        return self
