"""A body fitted to a clip: the record behind `body.npz`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.core.errors import UnusableInputError

Floats32 = NDArray[np.float32]


@dataclass(frozen=True)
class BodyFit:
    """One person's mesh over T frames, as parameters, in camera space: OpenCV axes, x right, y down, z away, metres.

    The camera stands at the origin and is the same in all frames: pixel = focal * (x, y) / z + centre, with (0.5, 0.5) the
    middle of the first pixel. Hands come in the order left, right (the person's own). NaN stands where nothing was fitted.
    """

    model: str
    """Which body model the parameters belong to: `anny` or `smplx`."""
    size: tuple[int, int]
    """Width, height of the video in pixels."""
    focal: float
    """Pixels."""
    centre: tuple[float, float]
    """Principal point, pixels."""
    fitted: NDArray[np.bool_]
    """(T,) frames that have a body."""
    shape_names: tuple[str, ...]
    shape: Floats32
    """(P,) constant over the clip: for `anny` phenotypes from 0 to 1, for `smplx` betas."""
    rotations: Floats32
    """(T, J, 3, 3) for `anny` each bone's rotation from rest to posed, camera axes; for `smplx` relative to its parent."""
    root: Floats32
    """(T, 3) place of the root bone."""
    joint_names: tuple[str, ...]
    joints_3d: Floats32
    """(T, J, 3)"""
    joints_2d: Floats32
    """(T, J, 2) pixels."""
    keypoint_names: tuple[str, ...]
    keypoints_3d: Floats32
    """(T, K, 3) COCO's body and foot keypoints."""
    keypoints_2d: Floats32
    """(T, K, 2) pixels."""
    hands_3d: Floats32
    """(T, 2, 21, 3) MediaPipe's order: wrist, then three joints and the tip from thumb to little finger."""
    hands_2d: Floats32
    """(T, 2, 21, 2) pixels."""
    hand_observed: Floats32
    """(T, 2) how far a hand rests on landmarks of its own: 1 detected, about 0.5 interpolated, 0 guessed from the arm."""
    model_file: str = ""
    """For `smplx` the file that the parameters need; Anny comes in its package."""

    @property
    def frames(self) -> int:
        """T."""
        return len(self.fitted)

    def save(self, path: Path) -> None:
        """Write the record, uncompressed: the same bytes for the same values."""
        arrays = {field.name: np.asarray(getattr(self, field.name)) for field in fields(self)}
        stored = {
            name: array.astype(np.float32) if array.dtype == np.float64 else array for name, array in arrays.items()
        }
        with path.open("wb") as file:
            np.savez(file, **stored)

    @classmethod
    def load(cls, path: Path) -> BodyFit:
        """Read a `body.npz`.

        Raises:
            UnusableInputError: an array is missing; the message names the file and the arrays.
        """
        with np.load(path) as stored:
            missing = [field.name for field in fields(cls) if field.name not in stored]
            if missing:
                raise UnusableInputError(f"{path}: no fitted body, it lacks {', '.join(missing)}")
            arrays: dict[str, Any] = {field.name: stored[field.name] for field in fields(cls)}
        for name in ("shape_names", "joint_names", "keypoint_names"):
            arrays[name] = tuple(str(item) for item in arrays[name])
        width, height = (int(side) for side in arrays["size"])
        left, top = (float(place) for place in arrays["centre"])
        return cls(
            **arrays
            | {
                "model": str(arrays["model"]),
                "model_file": str(arrays["model_file"]),
                "size": (width, height),
                "centre": (left, top),
                "focal": float(arrays["focal"]),
            }
        )
