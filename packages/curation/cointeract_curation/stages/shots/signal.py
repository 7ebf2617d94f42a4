"""The signal of a shot detector over one span."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class SpanSignal:
    """One value for each source frame ``first .. end - 1``.

    ``values`` (N,) float32: for ``transnetv2`` the probability that a transition to the next frame begins here; for
    ``pyscenedetect`` the content value, the mean absolute difference to the frame before in hue, saturation and value.
    ``missing`` (N,): the frame can't be decoded, and its value is that of the picture held in its place.
    ``resized`` (N,): the picture has another size than the one before.
    """

    backend: str
    first: int
    end: int
    values: NDArray[np.float32]
    missing: NDArray[np.bool_]
    resized: NDArray[np.bool_]

    def __post_init__(self) -> None:
        length = self.end - self.first
        if not len(self.values) == len(self.missing) == len(self.resized) == length:
            raise ValueError(
                f"the signal of frames {self.first} to {self.end} needs {length} entries, not {len(self.values)}"
            )


def save_signal(signal: SpanSignal, path: Path) -> None:
    """Write a signal as an ``.npz``, the same bytes for the same signal."""
    np.savez(
        path,
        backend=np.array(signal.backend),
        range=np.array([signal.first, signal.end], dtype=np.int64),
        values=signal.values,
        missing=signal.missing,
        resized=signal.resized,
    )


def load_signal(path: Path) -> SpanSignal:
    """Read what `save_signal` wrote."""
    with np.load(path, allow_pickle=False) as stored:
        first, end = (int(value) for value in stored["range"])
        return SpanSignal(str(stored["backend"]), first, end, stored["values"], stored["missing"], stored["resized"])
