"""Brings a picture to a size without changing its proportions."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from cointeract_curation.triplet.clip import Picture

WHITE = 255


class Spare(StrEnum):
    """What happens where the proportions differ."""

    CUT_OFF = "cut_off"
    """The picture fills the size; what reaches beyond it is cut off on both sides."""
    WHITE = "white"
    """All of the picture is kept; white is added on both sides."""


def fit_to(picture: Picture, size: tuple[int, int], spare: Spare) -> Picture:
    """An RGB picture (h, w, 3) at ``size`` (height, width), its middle in the middle."""
    import cv2

    height, width = picture.shape[:2]
    scales = size[0] / height, size[1] / width
    scale = max(scales) if spare is Spare.CUT_OFF else min(scales)
    scaled = (max(1, round(width * scale)), max(1, round(height * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    resized = np.asarray(cv2.resize(np.ascontiguousarray(picture), scaled, interpolation=way))
    if spare is Spare.CUT_OFF:
        # Rounding may leave a pixel too few.
        missing = [max(0, wanted - have) for wanted, have in zip(size, resized.shape[:2], strict=True)]
        resized = np.pad(resized, [(0, missing[0]), (0, missing[1]), (0, 0)], mode="edge")
        top, left = (resized.shape[0] - size[0]) // 2, (resized.shape[1] - size[1]) // 2
        return np.ascontiguousarray(resized[top : top + size[0], left : left + size[1]])
    canvas = np.full((*size, 3), WHITE, np.uint8)
    kept = resized[: size[0], : size[1]]
    top, left = (size[0] - kept.shape[0]) // 2, (size[1] - kept.shape[1]) // 2
    canvas[top : top + kept.shape[0], left : left + kept.shape[1]] = kept
    return canvas
