"""Reading and writing references as PNG files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cointeract_curation.core.errors import UnusableInputError
from cointeract_curation.triplet.clip import Picture

PERSON_FILE = "person.png"
PRODUCT_FILE = "product.png"
COMPRESSION = 6


def write_picture(path: Path, picture: Picture) -> None:
    """Write an RGB picture (H, W, 3) as PNG; equal pictures give equal bytes.

    Raises:
        ValueError: OpenCV can't encode it.
    """
    import cv2

    done, data = cv2.imencode(
        ".png", np.ascontiguousarray(picture[..., ::-1]), [cv2.IMWRITE_PNG_COMPRESSION, COMPRESSION]
    )
    if not done:
        raise ValueError(f"{path}: a picture of shape {picture.shape}, {picture.dtype} can't be written as PNG")
    path.write_bytes(data.tobytes())


def read_picture(path: Path) -> Picture:
    """Read an RGB picture (H, W, 3).

    Raises:
        UnusableInputError: it isn't one.
    """
    import cv2

    picture = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise UnusableInputError(f"{path}: not a picture that can be decoded")
    return np.ascontiguousarray(picture[..., ::-1])
