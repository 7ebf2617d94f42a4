"""Places a cut-out in the middle of a white picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats32 = NDArray[np.float32]

WHITE = 255.0
FILLS = 0.6
"""Share of the picture's width or height, whichever it reaches first, that the product fills."""
MOST_ENLARGED = 2.0
"""A small product isn't enlarged beyond this: it would only be blurred."""
VISIBLE = 0.02
"""Share of a pixel from which it belongs to the product."""


def lay_out(alpha: Floats32, colours: Floats32, size: tuple[int, int]) -> tuple[NDArray[np.uint8], float]:
    """A picture (H, W, 3) of ``size`` (height, width) with the cut-out ``colours`` (h, w, 3), ``alpha`` (h, w) in its middle.

    Returns:
        the picture, and how many times larger than in the cut-out the product is.

    Raises:
        ValueError: nothing of the cut-out is visible.
    """
    import cv2

    rows, columns = np.flatnonzero((alpha > VISIBLE).any(axis=1)), np.flatnonzero((alpha > VISIBLE).any(axis=0))
    if not len(rows):
        raise ValueError("the cut-out is empty: there is no product to place on white")
    box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    share, premultiplied = alpha[box], (colours * alpha[..., None])[box]
    scale = min(FILLS * size[0] / share.shape[0], FILLS * size[1] / share.shape[1], MOST_ENLARGED)
    placed = (max(1, round(share.shape[1] * scale)), max(1, round(share.shape[0] * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    share = np.clip(cv2.resize(share, placed, interpolation=way), 0, 1)
    front = cv2.resize(premultiplied, placed, interpolation=way)
    picture = np.full((*size, 3), WHITE, np.float32)
    top, left = (size[0] - placed[1]) // 2, (size[1] - placed[0]) // 2
    picture[top : top + placed[1], left : left + placed[0]] = front + WHITE * (1 - share[..., None])
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8), scale
