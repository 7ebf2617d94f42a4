"""The timeline of a source and its exact mapping to 25 fps.

Source frames are numbered from 0 in display order. Output frame ``n`` is on display from ``n / 25`` s, counted from the first
source frame. It shows the source frame that is on display at that time: at a constant rate ``floor(n * rate / 25)``, otherwise
the last frame whose time is not later than ``n / 25`` s plus a tolerance for rounded timestamps. Everything is computed in
integers and fractions, so no frame is off by one however long the source is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cointeract_shards.constants import FPS

TIME_TOLERANCE = Fraction(2, 1000)
"""Seconds by which a frame of a variable-rate source may be late and still count: containers round to the millisecond."""

Int64 = NDArray[np.int64]


class Timing(StrEnum):
    """Where the times of the frames come from."""

    PACKETS = "packets"
    """Presentation times of the container's packets: frames are found by seeking."""

    DECODED = "decoded"
    """Presentation times of the decoded frames, because packets and frames don't match one to one."""

    ORDINALS = "ordinals"
    """No usable times (raw streams, AVI with reordered frames, joined streams): frames are counted from the start."""


@dataclass(frozen=True)
class SourceTimeline:
    """All frames of a source in display order.

    ``pts`` (N,) are strictly increasing presentation times in units of ``time_base``; ``dts`` (N,) are decoding times, by which some
    containers seek, the same as ``pts`` where unknown; ``keyframes`` (N,) tells where decoding can start; ``packet_bytes`` (N,) are
    compressed sizes. ``end_pts`` is when the last frame leaves the display. ``rate`` is the exact constant rate in frames a second,
    or None where the rate varies. ``origin`` is the time of the first frame on the container's clock in seconds, which its audio
    shares.
    """

    pts: Int64
    dts: Int64
    keyframes: NDArray[np.bool_]
    packet_bytes: Int64
    time_base: Fraction
    end_pts: int
    rate: Fraction | None
    origin: Fraction
    timing: Timing

    def __post_init__(self) -> None:
        if not len(self.pts) == len(self.dts) == len(self.keyframes) == len(self.packet_bytes) > 0:
            raise ValueError(
                f"a timeline needs one entry for each frame: {len(self.pts)} times, {len(self.keyframes)} keyframe flags, "
                f"{len(self.packet_bytes)} sizes"
            )
        if len(self.pts) > 1 and int(np.diff(self.pts).min()) <= 0:
            raise ValueError("presentation times must increase from frame to frame")

    @property
    def count(self) -> int:
        """Number of source frames."""
        return len(self.pts)

    @property
    def output_count(self) -> int:
        """Number of frames on the 25 fps timeline."""
        if self.rate is not None:
            return math.ceil(self.count * FPS / self.rate)
        return max(1, math.ceil(self._seconds(self.end_pts) * FPS))

    @property
    def duration(self) -> Fraction:
        """Seconds from the first frame to the end of the last."""
        return self.count / self.rate if self.rate is not None else self._seconds(self.end_pts)

    @property
    def frame_duration(self) -> Fraction:
        """Seconds that a frame is on display: exact at a constant rate, otherwise the median."""
        if self.rate is not None:
            return 1 / self.rate
        if self.count == 1:
            return self._seconds(self.end_pts)
        return int(np.median(np.diff(self.pts))) * self.time_base

    def _seconds(self, pts: int) -> Fraction:
        return (pts - int(self.pts[0])) * self.time_base

    def time_of(self, frame: int) -> Fraction:
        """Seconds from the first frame to source frame ``frame``; ``frame == count`` is the end."""
        if self.rate is not None:
            return frame / self.rate
        return self._seconds(int(self.pts[frame]) if frame < self.count else self.end_pts)

    def shown(self, first: int, end: int) -> Int64:
        """Source frames that the output frames ``first .. end - 1`` show: (end - first,).

        Raises:
            IndexError: the range is not part of the output timeline.
        """
        if not 0 <= first <= end <= self.output_count:
            raise IndexError(f"output frames {first} to {end} of a source that has {self.output_count}")
        if self.rate is not None:
            outputs = np.arange(first, end, dtype=np.int64)
            return outputs * self.rate.numerator // (self.rate.denominator * FPS)
        # Python's integers, since 64 bits don't hold the products of a nanosecond clock.
        latest = [math.floor((Fraction(n, FPS) + TIME_TOLERANCE) / self.time_base) for n in range(first, end)]
        limits = np.array([min(value, np.iinfo(np.int64).max // 2) for value in latest], dtype=np.int64)
        return np.searchsorted(self.pts - self.pts[0], limits, side="right").astype(np.int64) - 1

    def first_output(self, frame: int) -> int:
        """First output frame that shows source frame ``frame`` or a later one; ``frame == count`` gives `output_count`."""
        if frame <= 0:
            return 0
        if frame >= self.count:
            return self.output_count
        if self.rate is not None:
            return math.ceil(frame * FPS / self.rate)
        return min(self.output_count, max(0, math.ceil((self.time_of(frame) - TIME_TOLERANCE) * FPS)))

    def natural_end(self, frame: int) -> int:
        """Past-the-end output frame of the display of source frame ``frame`` if it lasts as long as a frame usually does.

        Where the next frame comes much later, the output frames from here to `first_output` of the next would be frozen.
        """
        if self.rate is not None:
            return self.first_output(frame + 1)
        end = math.ceil((self.time_of(frame) + self.frame_duration - TIME_TOLERANCE) * FPS)
        return min(max(end, self.first_output(frame) + 1), self.first_output(frame + 1))

    def gaps(self, longest: Fraction) -> Int64:
        """Source frames that come more than ``longest`` seconds after the one before them."""
        if self.count == 1:
            return np.zeros(0, dtype=np.int64)
        if self.rate is not None:
            return np.arange(1, self.count, dtype=np.int64) if 1 / self.rate > longest else np.zeros(0, dtype=np.int64)
        ticks = math.floor(longest / self.time_base)
        return np.flatnonzero(np.diff(self.pts) > ticks).astype(np.int64) + 1

    def keyframe_before(self, frame: int) -> int:
        """The last keyframe that is not after ``frame``; 0 if there is none."""
        keys = np.flatnonzero(self.keyframes[: frame + 1])
        return int(keys[-1]) if len(keys) else 0


def save_timeline(timeline: SourceTimeline, path: Path) -> None:
    """Write a timeline as an ``.npz``, the same bytes for the same timeline."""
    rate = timeline.rate if timeline.rate is not None else Fraction(0)
    np.savez(
        path,
        pts=timeline.pts,
        dts=timeline.dts,
        keyframes=timeline.keyframes,
        packet_bytes=timeline.packet_bytes,
        time_base=np.array([timeline.time_base.numerator, timeline.time_base.denominator], dtype=np.int64),
        end_pts=np.array(timeline.end_pts, dtype=np.int64),
        rate=np.array([rate.numerator, rate.denominator], dtype=np.int64),
        origin=np.array([timeline.origin.numerator, timeline.origin.denominator], dtype=np.int64),
        timing=np.array(timeline.timing.value),
    )


def load_timeline(path: Path) -> SourceTimeline:
    """Read what `save_timeline` wrote."""
    with np.load(path, allow_pickle=False) as stored:
        numerator, denominator = (int(value) for value in stored["rate"])
        return SourceTimeline(
            pts=stored["pts"],
            dts=stored["dts"],
            keyframes=stored["keyframes"],
            packet_bytes=stored["packet_bytes"],
            time_base=Fraction(*(int(value) for value in stored["time_base"])),
            end_pts=int(stored["end_pts"]),
            rate=Fraction(numerator, denominator) if numerator else None,
            origin=Fraction(*(int(value) for value in stored["origin"])),
            timing=Timing(str(stored["timing"])),
        )
