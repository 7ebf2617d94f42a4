"""The object's mask on real footage, against outlines drawn by hand (`footage_objects.json`)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.media.masks import read_masks
from tests.quality.curated import CuratedClip
from tests.quality.found import mask_at
from tests.quality.measures import mask_iou

Bools = NDArray[np.bool_]
DRAWN = Path(__file__).parent / "footage_objects.json"


@dataclass(frozen=True)
class DrawnFrame:
    """One frame of the source. ``mask`` is None where the outline wasn't drawn though the object is there."""

    frame: int
    mask: Bools | None
    has_object: bool


@dataclass(frozen=True)
class Compared:
    """One drawn frame in one clip. Where nothing is held, ``iou`` is 1 for an empty mask and 0 for any other."""

    clip: CuratedClip
    frame: int
    """Within the clip."""
    iou: float
    drawn: Bools


def read_drawn(path: Path = DRAWN) -> tuple[str, list[DrawnFrame]]:
    """The video's name and its drawn frames."""
    import cv2

    stored = json.loads(path.read_text())
    size = (stored["height"], stored["width"])
    frames = []
    for entry in stored["frames"]:
        mask: Bools | None = None
        if entry["polygons"] is not None or entry["box"] is None:
            canvas = np.zeros(size, np.uint8)
            for polygon in entry["polygons"] or ():
                cv2.fillPoly(canvas, [np.array(polygon, np.int32)], 1)
            mask = canvas.astype(bool)
        frames.append(DrawnFrame(entry["frame"], mask, entry["box"] is not None))
    return stored["video"], frames


def compare_drawn(clips: Sequence[CuratedClip]) -> list[Compared]:
    """Every drawn frame in every clip that shows it."""
    import cv2

    video, drawn = read_drawn()
    compared = []
    for clip in clips:
        path = clip.artifact("object", "object_masks.json")
        if Path(clip.unit.source.path).stem != video or path is None:
            continue
        masks = read_masks(path)
        for entry in drawn:
            number = entry.frame - clip.first
            if entry.mask is None or not 0 <= number < clip.frames:
                continue
            found = mask_at(masks, number)
            true = cv2.resize(entry.mask.astype(np.uint8), (masks.width, masks.height), interpolation=cv2.INTER_NEAREST)
            iou = mask_iou(found, true.astype(bool))
            compared.append(Compared(clip, number, 1.0 if np.isnan(iou) else iou, true.astype(bool)))
    return compared
