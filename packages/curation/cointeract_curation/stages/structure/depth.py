"""The body's depth in each frame: `depth.npz`."""

from __future__ import annotations

import zipfile
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats32 = NDArray[np.float32]
Millimetres = NDArray[np.uint16]

ARRAY = "depth_mm"
FASTEST = 1
"""Level of compression: whole millimetres repeat so much that more effort gains little."""
PER_METRE = 1000
FARTHEST = np.iinfo(np.uint16).max


class DepthWriter:
    """Writes `depth.npz` frame by frame: ``depth_mm`` (T, H, W) uint16, 0 where there is no body.

    Depth is along the optical axis, rounded to millimetres; beyond 65.535 m it stays at that. The same depths give the same bytes.
    """

    def __init__(self, path: Path, frames: int, size: tuple[int, int]) -> None:
        """For ``frames`` pictures of ``size`` (width, height)."""
        self._archive = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=FASTEST)
        self._shape = (frames, size[1], size[0])
        # numpy's own writer takes whole arrays; this one never holds more than a frame.
        self._file = self._archive.open(f"{ARRAY}.npy", "w", force_zip64=True)
        header = {"descr": "<u2", "fortran_order": False, "shape": self._shape}
        np.lib.format.write_array_header_1_0(self._file, header)  # type: ignore[no-untyped-call]
        self._written = 0

    def write(self, depth: Floats32 | None) -> None:
        """Append the depth of a frame (H, W) in metres, infinite where there is nothing; None: there is no body."""
        stored = np.zeros(self._shape[1:], "<u2") if depth is None else to_millimetres(depth)
        if stored.shape != self._shape[1:]:
            raise ValueError(f"a depth of shape {stored.shape} where {self._shape[1:]} was expected")
        self._file.write(stored.tobytes())
        self._written += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._archive.close()
        if kind is None and self._written != self._shape[0]:
            raise ValueError(f"{self._written} depths were written, {self._shape[0]} were announced")


def to_millimetres(depth: Floats32) -> Millimetres:
    """Whole millimetres of depths in metres; 0 where they are infinite."""
    found = np.where(np.isfinite(depth), depth, 0) * PER_METRE
    return np.asarray(np.minimum(np.rint(found), FARTHEST), dtype="<u2")


def read_depth(path: Path) -> Millimetres:
    """(T, H, W) millimetres along the optical axis, 0 where there is no body."""
    with np.load(path) as stored:
        depth: Millimetres = stored[ARRAY]
    return depth
