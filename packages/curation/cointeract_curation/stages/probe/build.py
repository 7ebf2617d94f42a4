"""From packets and trial decodes to a timeline and to how much of the source is really there."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.core.errors import UnusableInputError
from cointeract_curation.media.decode import single_threaded, sound_frames, video_stream
from cointeract_curation.media.location import open_container
from cointeract_curation.media.rates import constant_rate
from cointeract_curation.media.timeline import Int64, SourceTimeline, Timing
from cointeract_curation.stages.probe.packets import NO_TIME, VideoPackets

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

COMPARED_FRAMES = 24
"""Frames decoded from the start, to see whether packets and frames match one to one."""

MAX_ORDINAL_RATE = 1000
"""Frames a second above which a stated rate is a clock's resolution and no frame rate."""


@dataclass(frozen=True)
class Start:
    """What decoding the start of a source gave. ``first`` is the first frame that decodes."""

    first: VideoFrame
    pts: tuple[int | None, ...]
    size_codes: tuple[tuple[int, int], ...]


def decode_start(location: str) -> Start | None:
    """Decode the first `COMPARED_FRAMES` frames; None where not one can be decoded."""
    first, times, sizes = None, [], []
    with open_container(location) as container:
        stream = video_stream(container)
        if stream is None:
            return None
        for frame in sound_frames(container, single_threaded(stream)):
            first = first if first is not None else frame
            times.append(frame.pts)
            sizes.append((frame.width, frame.height))
            if len(times) == COMPARED_FRAMES:
                break
    return Start(first, tuple(times), tuple(sizes)) if first is not None else None


def timing_of(packets: VideoPackets, start: Start) -> Timing:
    """Which times can be trusted: those of the packets, of the decoded frames, or none."""
    times = [time for time in start.pts if time is not None]
    ordered = len(times) == len(start.pts) and all(early < late for early, late in pairwise(times))
    if not ordered or packets.jumps_back:
        return Timing.ORDINALS
    if packets.lacks_times or times != sorted(packets.pts)[: len(times)]:
        return Timing.DECODED
    return Timing.PACKETS


def drop_undecodable_lead(packets: VideoPackets) -> tuple[VideoPackets, int]:
    """Packets from the first keyframe on, without those shown before it, and how many are left out.

    A recording of a running stream starts in the middle of a group of pictures; these frames can't be decoded by anybody.
    """
    keys = np.flatnonzero(packets.column("keyframe"))
    lead = int(keys[0]) if len(keys) else 0
    kept = np.arange(len(packets)) >= lead
    times = packets.column("pts")
    if times[lead] != NO_TIME:
        kept &= (times >= times[lead]) | (times == NO_TIME)
    return packets.select(kept), int((~kept).sum())


def stated_rates(stream: VideoStream) -> tuple[Fraction | None, ...]:
    """Rates that the container states or FFmpeg guesses, the most trustworthy first."""
    return (stream.guessed_rate, stream.average_rate, stream.base_rate)


def timeline_from_packets(packets: VideoPackets, stream: VideoStream) -> SourceTimeline:
    """The timeline where each packet is one frame."""
    order = np.argsort(packets.column("pts"), kind="stable")
    pts = packets.column("pts")[order]
    keyframes = packets.column("keyframe")[order].astype(np.bool_)
    keyframes[0] = True
    dts = packets.column("dts")[order]
    dts = np.where(dts == NO_TIME, pts, dts)
    last = int(packets.column("duration")[order][-1])
    return _timeline(pts, dts, keyframes, packets.column("size")[order], stream, last, Timing.PACKETS)


def timeline_from_frames(location: str, packets: VideoPackets) -> tuple[SourceTimeline, tuple[tuple[int, int], ...]]:
    """The timeline where frames have times of their own: decodes everything. Also the distinct picture sizes, in order."""
    times: list[int] = []
    keys, sizes = [], []
    with open_container(location) as container:
        stream = video_stream(container)
        assert stream is not None
        for frame in sound_frames(container, single_threaded(stream)):
            if frame.pts is not None and (not times or frame.pts > times[-1]):
                times.append(frame.pts)
                keys.append(frame.key_frame)
                sizes.append((frame.width, frame.height))
            pts = np.array(times, dtype=np.int64)
        keyframes = np.array(keys, dtype=np.bool_)
        keyframes[0] = True
        timeline = _timeline(pts, pts, keyframes, _even_sizes(packets, len(pts)), stream, 0, Timing.DECODED)
    return timeline, tuple(dict.fromkeys(sizes))


def timeline_from_count(location: str, packets: VideoPackets) -> tuple[SourceTimeline, tuple[tuple[int, int], ...]]:
    """The timeline where frames can only be counted: decodes everything. Also the distinct picture sizes, in order.

    Raises:
        UnusableInputError: there is no rate either.
    """
    keys, sizes = [], []
    with open_container(location) as container:
        stream = video_stream(container)
        assert stream is not None
        rate = next((value for value in stated_rates(stream) if value and 0 < value <= MAX_ORDINAL_RATE), None)
        if rate is None:
            raise UnusableInputError(
                f"{location} has neither timestamps nor a frame rate: put it into a container that has them, for example "
                "with `ffmpeg -r RATE -i FILE -c copy FILE.mp4`"
            )
        for frame in sound_frames(container, single_threaded(stream)):
            keys.append(frame.key_frame)
            sizes.append((frame.width, frame.height))
        origin = (stream.start_time or 0) * (stream.time_base or Fraction(0))
    count = len(keys)
    timeline = SourceTimeline(
        pts=np.arange(count, dtype=np.int64),
        dts=np.arange(count, dtype=np.int64),
        keyframes=np.array(keys, dtype=np.bool_),
        packet_bytes=_even_sizes(packets, count),
        time_base=1 / rate,
        end_pts=count,
        rate=rate,
        origin=Fraction(origin),
        timing=Timing.ORDINALS,
    )
    return timeline, tuple(dict.fromkeys(sizes))


def _timeline(
    pts: Int64,
    dts: Int64,
    keyframes: NDArray[np.bool_],
    sizes: Int64,
    stream: VideoStream,
    last: int,
    timing: Timing,
) -> SourceTimeline:
    if len(pts) > 1:
        last = int(
            np.median(np.diff(pts))
        )  # what the file says about its last frame may be anything, and shows nothing new
    clock = Fraction(stream.time_base or 0)
    rate = constant_rate(pts, clock, stated_rates(stream))
    return SourceTimeline(
        pts, dts, keyframes, sizes, clock, int(pts[-1]) + max(1, last), rate, int(pts[0]) * clock, timing
    )


def _even_sizes(packets: VideoPackets, frames: int) -> Int64:
    """Compressed bytes of each frame where packets and frames don't match: the total, spread evenly."""
    return np.full(frames, sum(packets.size) // frames, dtype=np.int64)
