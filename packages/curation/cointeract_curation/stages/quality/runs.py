"""Black frames, frozen frames, and how long they last."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# cv2 is imported inside functions so that light commands stay light.

Flags = NDArray[np.bool_]

SETTLING_FRAMES = 1
"""Frames after a keyframe that may still differ from the next."""


def black_frames(luma: NDArray[np.uint8], black_luma: int, black_share: float) -> Flags:
    """``(T,)``: whether at least ``black_share`` of a frame's pixels have a luma of at most ``black_luma``."""
    return np.asarray((luma <= black_luma).mean(axis=(1, 2)) >= black_share)


def repeated_frames(luma: NDArray[np.uint8], tile: int, difference: float) -> Flags:
    """``(T,)``: whether a frame shows what the frame before it showed; the first never does.

    Frames are compared by tiles, and the tile that changed most decides, so a moving mouth in a still picture is no
    repetition, while the faint noise that a codec puts on a repeated frame averages out.
    """
    flags = np.zeros(len(luma), dtype=bool)
    for index in range(1, len(luma)):
        flags[index] = _largest_change(luma[index - 1], luma[index], tile) <= difference
    return flags


def _largest_change(before: NDArray[np.uint8], after: NDArray[np.uint8], tile: int) -> float:
    import cv2

    change = np.asarray(cv2.absdiff(before, after), dtype=np.float32)
    means = cv2.resize(
        change, (max(1, change.shape[1] // tile), max(1, change.shape[0] // tile)), interpolation=cv2.INTER_AREA
    )
    return float(means.max())


def flagged_runs(flags: Flags) -> list[tuple[int, int]]:
    """Runs of set flags as ``(first, end)``, end past the last."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(first), int(end)) for first, end in zip(edges[::2], edges[1::2], strict=True)]


def frozen_runs(
    luma: NDArray[np.uint8], tile: int, difference: float, keyframe_difference: float
) -> list[tuple[int, int]]:
    """Runs of frames that show one picture, as ``(first, end)``: repetitions, and the frame that they repeat.

    An encoder draws a still picture anew at each keyframe, a little differently, and may take a frame to settle. So two
    runs at most one frame apart are one where the last frame of the first and the first frame of the second differ by
    no more than ``keyframe_difference``.
    """
    runs: list[tuple[int, int]] = []
    for first, end in flagged_runs(repeated_frames(luma, tile, difference)):
        start = first - 1
        if runs and start - runs[-1][1] <= SETTLING_FRAMES:
            previous, last = runs[-1][0], runs[-1][1] - 1
            if _largest_change(luma[last], luma[start], tile) <= keyframe_difference:
                runs[-1] = (previous, end)
                continue
        runs.append((start, end))
    return runs


def repeats(runs: list[tuple[int, int]]) -> int:
    """Frames of frozen runs that only repeat the frame before them."""
    return sum(end - first - 1 for first, end in runs)


def longest(runs: list[tuple[int, int]]) -> int:
    """Length of the longest run, 0 where there is none."""
    return max((end - first for first, end in runs), default=0)
