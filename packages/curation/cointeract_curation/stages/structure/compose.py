"""One picture of the structure stream: the body in grey on black, the object over it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.structure.layer import Layer

Floats32 = NDArray[np.float32]
Picture = NDArray[np.uint8]

WHITE = 255


def compose(brightness: Floats32 | None, layer: Layer | None, size: tuple[int, int]) -> Picture:
    """The picture (H, W, 3).

    Args:
        brightness: (H, W) the body on black, 0 to 1; None without a body.
        layer: the object; None where it isn't seen.
        size: width, height.
    """
    import cv2

    width, height = size
    if brightness is None:
        picture = np.zeros((height, width, 3), np.uint8)
    else:
        grey = cv2.convertScaleAbs(brightness, alpha=WHITE)
        picture = np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB))
    if layer is not None:
        part = picture[layer.window]
        whole = layer.alpha == 1
        np.copyto(part, layer.colour, where=whole[..., None])
        edge = (layer.alpha > 0) & ~whole
        under = part[edge].astype(np.float32)
        mixed = under + layer.alpha[edge][:, None] * (layer.colour[edge] - under)
        part[edge] = np.rint(mixed).astype(np.uint8)
    return picture
