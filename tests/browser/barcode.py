"""Footage that says its own frame number: eight squares at the top of each frame, white for a set bit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.shards.samples import Frames

WIDTH, HEIGHT = 160, 288
BITS = 8
SQUARE = WIDTH // BITS
BLACK, WHITE = 16, 235


def coded(frame: int) -> int:
    """The number that a frame shows: motion frames, below 0, as eight bits of two's complement."""
    return frame & 0xFF


def barcode_frames(
    first: int, count: int, background: tuple[int, int, int], size: tuple[int, int] = (WIDTH, HEIGHT)
) -> Frames:
    """Frames `first` up to `first + count` with a moving disc under the squares."""
    width, height = size
    square = width // BITS
    rows, columns = np.mgrid[0:height, 0:width]
    frames: NDArray[np.uint8] = np.empty((count, height, width, 3), np.uint8)
    frames[:] = background
    for index in range(count):
        x, y = width * (0.5 + 0.3 * np.sin(0.11 * (first + index))), height * 0.6
        frames[index][(columns - x) ** 2 + (rows - y) ** 2 < (width / 8) ** 2] = (230, 200, 60)
        number = coded(first + index)
        for bit in range(BITS):
            shade = WHITE if number >> (BITS - 1 - bit) & 1 else BLACK
            frames[index, :square, bit * square : (bit + 1) * square] = shade
    return frames


READ_NUMBER = """
() => {
  const scratch = document.createElement("canvas");
  scratch.width = 8; scratch.height = 1;
  const context = scratch.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingEnabled = false;
  // The number that an element shows: the middles of the squares, of which each is an eighth of the width.
  globalThis.shownNumber = (element) => {
    const width = element.videoWidth || element.width, square = width / 8;
    context.drawImage(element, 0, square / 2 - 1, width, 2, 0, 0, 8, 1);
    const { data } = context.getImageData(0, 0, 8, 1);
    let number = 0;
    for (let bit = 0; bit < 8; bit++) number = 2 * number + (data[4 * bit] > 127 ? 1 : 0);
    return number;
  };
  const pane = (name) => document.querySelector(`.sample-view:not(.coming) [data-pane=${name}]`);
  globalThis.shown = () => ({
    frame: Number(document.querySelector(".controls .frame").textContent),
    rgb: shownNumber(pane("rgb").querySelector("video:not(.motion)")), hoi: shownNumber(pane("hoi").querySelector("video")),
    overlay: shownNumber(pane("overlay").querySelector("canvas")),
    motion: pane("rgb").querySelector("video.motion") ? shownNumber(pane("rgb").querySelector("video.motion")) : null,
  });
  globalThis.seekTo = async (frame) => {
    const range = document.querySelector(".scrub");
    range.value = frame;
    range.dispatchEvent(new Event("input"));
    const end = performance.now() + 10000;
    while (Number(document.querySelector(".controls .frame").textContent) !== frame) {
      if (performance.now() > end) throw new Error(`frame ${frame} was never shown`);
      await new Promise(requestAnimationFrame);
    }
  };
}
"""
