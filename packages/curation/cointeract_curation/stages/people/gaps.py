"""From values at the frames looked at to values at every frame: outliers out, short gaps bridged, long ones left
empty."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.people.records import Float, Source

OUTLIER_DISTANCE = 1.5
"""Sizes: a detection this far from both neighbours, while they agree, is a mistake."""
OUTLIER_AGREEMENT = 0.6
"""Sizes that the neighbours may differ by and still agree."""
OUTLIER_SPAN = 8
"""Frames that the neighbours may be apart."""
BEND_LIMIT = 1.0
"""Sizes: an anchor that strays farther than this from the straight way in so short a gap is itself mistaken and not
followed."""
INTERPOLATED_SCORE = 0.5
"""An interpolated frame's score is this share of the lower of its two neighbours' scores."""


@dataclass(frozen=True)
class Samples:
    """Values at some frames of a clip.

    ``frames`` (N,) rising; ``points`` (N, K, D), of which the first two of the last axis are pixels where
    ``in_pixels``; ``scores`` (N,); ``sources`` (N,) of `Source`.
    """

    frames: NDArray[np.int64]
    points: Float
    scores: Float
    sources: NDArray[np.uint8]

    def select(self, keep: NDArray[np.bool_]) -> Samples:
        """Only the marked ones."""
        return Samples(self.frames[keep], self.points[keep], self.scores[keep], self.sources[keep])


@dataclass(frozen=True)
class Filled:
    """Values at every frame: ``points`` (T, K, D), NaN where there are none; ``scores`` (T,), 0 there; ``sources``
    (T,)."""

    points: Float
    scores: Float
    sources: NDArray[np.uint8]


def keep_plausible(samples: Samples, sizes: Float) -> NDArray[np.bool_]:
    """Marks (N,) the samples that aren't a single leap away and back.

    A sample goes when it is far from both neighbours in time while these, close in time, agree with each other.
    ``sizes`` (N,) pixels.
    """
    centres = samples.points[..., :2].mean(axis=1)
    keep = np.ones(len(samples.frames), bool)
    for i in range(1, len(keep) - 1):
        size = float(np.median(sizes[i - 1 : i + 2]))
        before, here, after = centres[i - 1], centres[i], centres[i + 1]
        near = samples.frames[i + 1] - samples.frames[i - 1] <= OUTLIER_SPAN
        agree = np.linalg.norm(after - before) <= OUTLIER_AGREEMENT * size
        far = min(np.linalg.norm(here - before), np.linalg.norm(here - after)) > OUTLIER_DISTANCE * size
        keep[i] = not (near and agree and far and keep[i - 1])
    return keep


def fill(samples: Samples, count: int, max_gap: int, anchor: Float | None = None) -> Filled:
    """Bridge gaps of at most ``max_gap`` frames in a straight line.

    Args: samples: what was detected. count: frames T of the clip. max_gap: frames between two detections that may be
            bridged. anchor: (T, 2) pixels, NaN where unknown: something that the points move with (a wrist). Where it
            is known all through a gap, the points are interpolated relative to it, so that they follow the arm.
    """
    shape = samples.points.shape[1:]
    points = np.full((count, *shape), np.nan)
    scores = np.zeros(count)
    sources = np.full(count, Source.NONE, np.uint8)
    points[samples.frames], scores[samples.frames], sources[samples.frames] = (
        samples.points,
        samples.scores,
        samples.sources,
    )
    for i in range(len(samples.frames) - 1):
        first, last = int(samples.frames[i]), int(samples.frames[i + 1])
        between = np.arange(first + 1, last)
        if not 0 < len(between) <= max_gap:
            continue
        part = ((between - first) / (last - first)).reshape(-1, *([1] * len(shape)))
        points[between] = samples.points[i] * (1.0 - part) + samples.points[i + 1] * part
        if anchor is not None and np.isfinite(anchor[first : last + 1]).all():
            bend = anchor[between] - anchor[first] * (1.0 - part[:, 0, :]) - anchor[last] * part[:, 0, :]
            extent = float(np.ptp(points[first, :, :2], axis=0).max())
            if np.linalg.norm(bend, axis=1).max() <= BEND_LIMIT * extent:
                points[between, :, :2] += bend[:, None, :]
        scores[between] = INTERPOLATED_SCORE * min(samples.scores[i], samples.scores[i + 1])
        sources[between] = Source.INTERPOLATED
    return Filled(points, scores, sources)
