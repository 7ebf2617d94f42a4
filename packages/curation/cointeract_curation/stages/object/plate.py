"""What each place of the picture looks like while no hand is near it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.object.view import Bytes

Floats = NDArray[np.float64]
LOOKS = 27
"""Frames that a plate is made from, evenly spread over the clip: neighbours say the same."""
FEWEST = 3
"""Looks at a place without a hand that it takes to know what is there."""
UNKNOWN = 255
"""No level of a byte in Lab that matters: it sorts last."""


def clean_plate(lab: Bytes, free: NDArray[np.bool_], to_middle: Floats) -> tuple[Bytes, NDArray[np.bool_]]:
    """For each frame the median (T, h, w, 3) of what the same place shows while ``free`` (T, h, w), and where that is known.

    Places are the same under the camera's motion ``to_middle`` (T, 3, 3).
    """
    import cv2

    frames, height, width = free.shape
    size = (width, height)
    still = np.abs(to_middle - np.eye(3)).max() < 1e-3  # noqa: PLR2004 - a camera on a stand
    samples = []
    for number in range(0, frames, max(1, frames // LOOKS)):
        picture = np.where(free[number][..., None], lab[number], UNKNOWN).astype(np.uint8)
        if not still:
            picture = cv2.warpAffine(
                picture, to_middle[number][:2], size, flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT,
                borderValue=(UNKNOWN,) * 3,
            )  # fmt: skip
        samples.append(picture)
    stack = np.sort(np.stack(samples), axis=0)
    known = (stack[..., 0] < UNKNOWN).sum(axis=0)
    middle = np.take_along_axis(stack, (np.maximum(known - 1, 0) // 2)[None, :, :, None], axis=0)[0]
    enough = (known >= FEWEST).astype(np.uint8)
    if still:
        return np.broadcast_to(middle, lab.shape), np.broadcast_to(enough.astype(bool), free.shape)
    plates, there = np.empty_like(lab), np.empty(free.shape, bool)
    for number, back in enumerate(np.linalg.inv(to_middle)[:, :2]):
        plates[number] = cv2.warpAffine(middle, back, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        there[number] = cv2.warpAffine(enough, back, size, flags=cv2.INTER_NEAREST) > 0
    return plates, there
