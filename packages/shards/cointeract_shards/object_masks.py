"""The record behind `object_masks.json`: the handled object's visible pixels in each frame, as COCO run-length codes."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from cointeract_shards.records import Record, VersionedRecord


class RunLength(Record):
    """COCO's compressed run-length code of a mask: column by column, as `pycocotools.mask` writes and reads it."""

    size: tuple[int, int]
    """Height, width."""
    counts: str


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
