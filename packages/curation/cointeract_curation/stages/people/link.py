"""Links things seen in single frames into tracks: nearest to where each was heading, the best matching over all at
once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from cointeract_curation.stages.people.records import Float

FORBIDDEN = 1e6
STOPPING_COST = 0.3
"""Sizes: what standing still costs compared with going on."""
TRAIT_COST = 0.3
"""Sizes: what another trait costs. It decides between spots in one place and breaks no track."""


@dataclass(frozen=True)
class Spot:
    """Something seen: its ``centre`` (2,) and ``size``, pixels, and a ``trait`` in 0..1 that tells it from others
    there."""

    centre: Float
    size: float
    trait: float = 0.0


@dataclass
class _Open:
    track: int
    frame: int
    spot: Spot
    velocity: Float = field(default_factory=lambda: np.zeros(2))

    def expected(self, frame: int) -> Float:
        heading: Float = self.spot.centre + self.velocity * (frame - self.frame)
        return heading


def link(
    frames: Sequence[int], spots: Sequence[Sequence[Spot]], *, reach: float, size_ratio: float, max_gap: int
) -> list[list[int]]:
    """Give every spot the number of its track.

    A spot joins the track that it fits best when it lies within ``reach`` sizes of where that track was heading
    (constant velocity) or of where it was last, their sizes differ by ``size_ratio`` at most, and the track was last
    seen no more than ``max_gap`` frames earlier. Otherwise it starts one. Numbers count up in the order in which
    tracks start.

    Args:
        frames: numbers of the frames looked at, rising.
        spots: what was seen in each of them.
    """
    # The Hungarian method lives in scipy, which this module alone of the light ones needs.
    from scipy.optimize import linear_sum_assignment

    open_tracks: list[_Open] = []
    started = 0
    numbers: list[list[int]] = []
    for frame, seen in zip(frames, spots, strict=True):
        open_tracks = [item for item in open_tracks if frame - item.frame <= max_gap]
        cost = np.array([[_misfit(item, spot, frame, size_ratio) for spot in seen] for item in open_tracks]).reshape(
            len(open_tracks), len(seen)
        )
        cost[cost > reach] = FORBIDDEN
        for row, item in enumerate(open_tracks):
            cost[row] += [TRAIT_COST * abs(item.spot.trait - spot.trait) for spot in seen]
        rows, columns = linear_sum_assignment(cost)
        joined = {int(c): int(r) for r, c in zip(rows, columns, strict=True) if cost[r, c] < FORBIDDEN}
        here: list[int] = []
        for index, spot in enumerate(seen):
            if index in joined:
                item = open_tracks[joined[index]]
                item.velocity = (spot.centre - item.spot.centre) / (frame - item.frame)
                item.frame, item.spot = frame, spot
                here.append(item.track)
            else:
                open_tracks.append(_Open(started, frame, spot))
                here.append(started)
                started += 1
        numbers.append(here)
    return numbers


def _misfit(item: _Open, spot: Spot, frame: int, size_ratio: float) -> float:
    larger, smaller = max(item.spot.size, spot.size), min(item.spot.size, spot.size)
    if smaller <= 0.0 or larger / smaller > size_ratio:
        return FORBIDDEN
    heading = float(np.linalg.norm(spot.centre - item.expected(frame))) / larger
    resting = float(np.linalg.norm(spot.centre - item.spot.centre)) / larger
    # A hand that stops is as likely as one that goes on; going on wins a tie so that crossing hands keep their tracks.
    return min(heading, resting + STOPPING_COST)
