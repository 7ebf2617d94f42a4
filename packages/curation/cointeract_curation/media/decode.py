"""Decoding a range of source frames, each identified by its timestamp, with damage reported by absence.

The decoder is told to give up on a damaged frame instead of concealing it, so a frame either is what was encoded or does not
come. Everything runs in one thread: a worker has one core, and frame threads would each hold a picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, cast

from cointeract_curation.core.errors import UnusableInputError
from cointeract_curation.media.location import open_container
from cointeract_curation.media.timeline import SourceTimeline, Timing

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

# av is imported inside functions so that light commands stay light.

SEEKS_BY_DECODING_TIME = {"mpegts", "mpeg"}
"""Containers without an index, in which FFmpeg searches by decoding time: looking for a keyframe's presentation time would land
behind it."""


StreamT = TypeVar("StreamT", bound="Stream")


def video_stream(container: InputContainer) -> VideoStream | None:
    """The video stream to work on: the first that is neither a cover picture nor undecodable, or None."""
    for stream in container.streams.video:
        if stream.codec_context is not None and not int(stream.disposition) & _picture_dispositions():
            return stream
    return None


def _picture_dispositions() -> int:
    from av.stream import Disposition

    return int(Disposition.attached_pic) | int(Disposition.timed_thumbnails)


def single_threaded(stream: VideoStream, *, rough: bool = False) -> VideoStream:
    """Set a stream to decode in one thread and to drop damaged frames instead of guessing their content.

    ``rough`` leaves the deblocking filter out, a quarter of the time of H.264: pictures with visible blocks, good enough to look at in
    a fraction of their size.
    """
    stream.codec_context.options = {"err_detect": "explode", **({"skip_loop_filter": "all"} if rough else {})}
    stream.thread_type = "NONE"
    stream.thread_count = 1
    return stream


def packets_of(container: InputContainer, *streams: StreamT) -> Iterator[Packet[StreamT]]:
    """Packets of the streams from the container's position on, then one empty packet for each stream.

    Raises:
        av.error.FFmpegError: the file ends in the middle of its structure.
    """
    packets = cast("Iterator[Packet[StreamT]]", container.demux(*streams))
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except IndexError:
            # PyAV stumbles over a packet of a stream that begins in the middle of the file; those asked for go on behind it.
            packets = cast("Iterator[Packet[StreamT]]", container.demux(*streams))
            continue
        yield packet


def sound_frames(
    container: InputContainer, stream: VideoStream, from_packet: int | None = None
) -> Iterator[VideoFrame]:
    """Frames in display order from the container's position on, without those that are damaged or undecodable.

    ``from_packet`` is the presentation time of the packet to start decoding with; those before it are only read.
    """
    import av

    packets = packets_of(container, stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except av.error.FFmpegError:
            break  # the file ends in the middle of its structure; what was read before still has to leave the decoder
        if from_packet is not None:
            if packet.pts != from_packet:
                continue
            from_packet = None
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            continue
        yield from (frame for frame in frames if not frame.is_corrupt)
    try:
        yield from (frame for frame in stream.decode(None) if not frame.is_corrupt)
    except av.error.FFmpegError:
        return


def decode_range(
    location: str, timeline: SourceTimeline, first: int, end: int, *, rough: bool = False
) -> Iterator[tuple[int, VideoFrame]]:
    """Source frames ``first .. end - 1`` in display order, each with its number; damaged ones are left out.

    Seeks to the keyframe before ``first``. Should the container land behind it, or the first frames not come (an open group of
    pictures), it goes further back, in the end by reading packets from the start, before it takes a frame for damaged.

    Raises:
        IndexError: the range is not part of the source.
        UnusableInputError, av.error.FFmpegError: the file can't be opened any more.
    """
    if not 0 <= first < end <= timeline.count:
        raise IndexError(f"source frames {first} to {end} of {location}, which has {timeline.count}")
    if timeline.timing is Timing.ORDINALS:
        yield from _counted(location, first, end, rough=rough)
        return
    wanted = int(timeline.pts[first])
    past = int(timeline.pts[end]) if end < timeline.count else None
    ordinal_of = {int(pts): first + offset for offset, pts in enumerate(timeline.pts[first:end])}
    approaches = _approaches(timeline, first)
    for approach in approaches:
        begun = False
        for frame in _approached(location, approach, rough=rough):
            pts = frame.pts
            if pts is None or pts < wanted:
                continue
            if not begun and pts > wanted and approach is not approaches[-1]:
                break  # landed too late
            if past is not None and pts >= past:
                return
            begun = True
            if pts in ordinal_of:
                yield ordinal_of[pts], frame
        if begun:
            return


@dataclass(frozen=True)
class _Approach:
    """A way to a keyframe: by its presentation or decoding time, or by reading all packets before it."""

    shown: int | None = None
    decoded: int | None = None
    read_to: int | None = None


def _approaches(timeline: SourceTimeline, first: int) -> list[_Approach]:
    """Ways to ``first``, the quickest first. The second starts a group of pictures earlier."""
    keyframe = timeline.keyframe_before(first)
    if keyframe == 0:
        return [_Approach()]  # a fresh container is at its start, and some can't seek there
    earlier = timeline.keyframe_before(keyframe - 1)
    return [
        *(_Approach(int(timeline.pts[key]), int(timeline.dts[key])) for key in (keyframe, earlier)),
        _Approach(read_to=int(timeline.pts[earlier])) if timeline.timing is Timing.PACKETS else _Approach(),
    ]


def _approached(location: str, approach: _Approach, *, rough: bool) -> Iterator[VideoFrame]:
    import av

    with open_container(location) as container:
        stream = single_threaded(_stream(container, location), rough=rough)
        if approach.shown is not None:
            by_decoding = container.format.name in SEEKS_BY_DECODING_TIME
            target = approach.decoded if by_decoding and approach.decoded is not None else approach.shown
            try:
                container.seek(target, stream=stream, backward=True)
            except av.error.FFmpegError:
                return  # a damaged index: there are ways without it
        yield from sound_frames(container, stream, approach.read_to)


def _counted(location: str, first: int, end: int, *, rough: bool) -> Iterator[tuple[int, VideoFrame]]:
    with open_container(location) as container:
        stream = single_threaded(_stream(container, location), rough=rough)
        for ordinal, frame in enumerate(sound_frames(container, stream)):
            if ordinal >= end:
                return
            if ordinal >= first:
                yield ordinal, frame


def _stream(container: InputContainer, location: str) -> VideoStream:
    stream = video_stream(container)
    if stream is None:
        raise UnusableInputError(f"{location} has no video stream any more: it was replaced while it was worked on")
    return stream
