"""How much of a source is really there: what its header promises against what can be read and decoded."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from cointeract_curation.media.decode import decode_range
from cointeract_curation.media.timeline import SourceTimeline, Timing

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

COUNTS_FRAMES = {"mov,mp4,m4a,3gp,3g2,mj2"}
"""Containers whose index has one entry a frame. An AVI counts empty slots too."""

GUESSES_DURATION = {"mpegts", "mpeg", "mpegvideo", "h264", "hevc", "av1", "obu", "ivf", "m4v"}
"""Containers without a stated duration: what FFmpeg reports there comes from the file as it is."""

DURATION_SLACK_S = Fraction(1, 2)
"""Seconds by which a stated duration may pass the last packet: headers round, and count the longest stream's padding."""


def promised_frames(
    container: InputContainer, stream: VideoStream, timeline: SourceTimeline, packets: int, audio_end: Fraction | None
) -> int:
    """Frames that the header or the index promises; the frames found where they promise nothing.

    A container that states only its duration promises as many frames as would fill it at the pace of those that were read. A stream
    that ends early beside another that doesn't isn't cut off: the duration is compared with the end of the longest.
    """
    if container.format.name in COUNTS_FRAMES and stream.frames > 0:
        return max(stream.frames, packets)
    if container.format.name in GUESSES_DURATION:
        return packets
    stated = _stated_end(container, stream)
    if stated is None:
        return packets
    video_end = timeline.origin + timeline.duration
    reached = video_end if audio_end is None else max(video_end, audio_end)
    if stated <= reached + DURATION_SLACK_S or reached <= 0:
        return packets
    return round(packets * stated / reached)


def _stated_end(container: InputContainer, stream: VideoStream) -> Fraction | None:
    import av

    if stream.duration and stream.time_base:
        return ((stream.start_time or 0) + stream.duration) * stream.time_base
    if container.duration:
        return Fraction((container.start_time or 0) + container.duration, av.time_base)
    return None


def readable_at_end(location: str, timeline: SourceTimeline) -> int:
    """Frames of the last group of pictures that can't be decoded: what a cut-off file loses without a word."""
    if timeline.timing is not Timing.PACKETS:
        return 0  # every frame of these timelines has been decoded
    first = timeline.keyframe_before(timeline.count - 1)
    decoded = sum(1 for _ in decode_range(location, timeline, first, timeline.count))
    return timeline.count - first - decoded


def sampled_sizes(location: str, timeline: SourceTimeline, samples: int) -> tuple[tuple[int, int], ...]:
    """Picture sizes at evenly spread keyframes, each change once, in order.

    A picture size can change only at a keyframe. A change between two sampled ones that is taken back before the second is
    missed here; `shots`, which decodes every frame, sees it.
    """
    keys = np.flatnonzero(timeline.keyframes)
    chosen = keys[np.unique(np.linspace(0, len(keys) - 1, min(samples, len(keys))).round().astype(np.int64))]
    sizes: list[tuple[int, int]] = []
    for key in chosen.tolist():
        for _, frame in decode_range(location, timeline, key, key + 1):
            if not sizes or sizes[-1] != (frame.width, frame.height):
                sizes.append((frame.width, frame.height))
    return tuple(sizes)
