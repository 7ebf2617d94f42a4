"""What was seen of a person in a clip: the arrays of `landmarks.npz`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.core.errors import UnusableInputError

Floats32 = NDArray[np.float32]
Codes = NDArray[np.uint8]


@dataclass(frozen=True)
class Landmarks:
    """T frames; hands in the order left, right (the person's own). Pixels with the picture's corner at (0, 0); NaN: not seen.

    The arrays are described in `docs/reference/people.md`.
    """

    size: NDArray[np.int32]
    looked: NDArray[np.bool_]
    face_box: Floats32
    face_keypoints: Floats32
    face_source: Codes
    hand_box: Floats32
    hand_image: Floats32
    hand_world: Floats32
    hand_source: Codes
    body_image: Floats32
    body_world: Floats32
    body_visibility: Floats32
    body_source: Codes

    @property
    def frames(self) -> int:
        """T."""
        return len(self.body_source)

    @classmethod
    def load(cls, path: Path) -> Landmarks:
        """Read a `landmarks.npz`.

        Raises:
            UnusableInputError: an array is missing; the message names the file and the arrays.
        """
        with np.load(path) as stored:
            missing = [field.name for field in fields(cls) if field.name not in stored]
            if missing:
                raise UnusableInputError(f"{path}: no landmarks of a person, it lacks {', '.join(missing)}")
            return cls(**{field.name: stored[field.name] for field in fields(cls)})
