"""Rendered pictures and sounds whose measurements are known."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from cointeract_shards.constants import SAMPLE_RATE

UInt8 = NDArray[np.uint8]

HEIGHT, WIDTH = 640, 360
CAPTION = "ONLY 9.99 TODAY"


def texture(height: int, width: int, *, seed: int = 3, cell: int = 12) -> UInt8:
    """Random RGB blobs of about ``cell`` pixels: detail for flow and sharpness, no text."""
    noise = np.random.default_rng(seed).integers(40, 216, (height // cell + 1, width // cell + 1, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def panning(count: int, step: int, *, height: int = HEIGHT, width: int = WIDTH) -> list[UInt8]:
    """A window that slides ``step`` pixels a frame to the right over a texture."""
    wide = texture(height, width + step * count)
    return [np.ascontiguousarray(wide[:, step * index : step * index + width]) for index in range(count)]


def with_text(frame: UInt8, text: str, corner: tuple[int, int], scale: float = 1.0) -> UInt8:
    """The frame with light text on a dark bar; ``corner`` is the text's lower left."""
    frame = frame.copy()
    x1, y1, x2, y2 = text_box(text, corner, scale)
    cv2.rectangle(frame, (x1 - 20, y1 - 16), (x2 + 20, y2 + 16), (20, 20, 20), -1)
    cv2.putText(frame, text, corner, cv2.FONT_HERSHEY_DUPLEX, scale, (250, 250, 250), 2, cv2.LINE_AA)
    return frame


def text_box(text: str, corner: tuple[int, int], scale: float = 1.0) -> tuple[int, int, int, int]:
    """Pixels that `with_text` letters on, measured from a drawing of it."""
    canvas = np.zeros((2000, 2000), dtype=np.uint8)
    cv2.putText(canvas, text, corner, cv2.FONT_HERSHEY_DUPLEX, scale, 255, 2, cv2.LINE_AA)
    rows, columns = np.flatnonzero(canvas.any(axis=1)), np.flatnonzero(canvas.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def tone(frequency: float, peak_dbfs: float, samples: int) -> NDArray[np.int16]:
    """A sine of the given peak level."""
    phase = 2 * np.pi * frequency * np.arange(samples) / SAMPLE_RATE
    return np.asarray(np.round(32767 * 10 ** (peak_dbfs / 20) * np.sin(phase)), dtype=np.int16)


def noise(level_dbfs: float, samples: int, *, seed: int = 1) -> NDArray[np.int16]:
    """White noise of the given RMS level."""
    values = np.random.default_rng(seed).normal(0.0, 32767 * 10 ** (level_dbfs / 20), samples)
    return np.asarray(np.clip(np.round(values), -32768, 32767), dtype=np.int16)
