"""Reading all packets of a source once."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.media.decode import packets_of

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.stream import VideoStream

NO_TIME = -(1 << 63)
"""Stands for an absent timestamp, as in FFmpeg."""


COLUMNS = ("pts", "dts", "duration", "size", "keyframe")


@dataclass
class VideoPackets:
    """Packets of the video stream in the order of the file; 64-bit columns, since a day of video has millions."""

    pts: array[int] = field(default_factory=lambda: array("q"))
    dts: array[int] = field(default_factory=lambda: array("q"))
    duration: array[int] = field(default_factory=lambda: array("q"))
    size: array[int] = field(default_factory=lambda: array("q"))
    keyframe: array[int] = field(default_factory=lambda: array("b"))
    corrupt: int = 0

    def add(self, packet: Packet[Stream]) -> None:
        """Note one packet that will be shown."""
        self.pts.append(NO_TIME if packet.pts is None else packet.pts)
        self.dts.append(NO_TIME if packet.dts is None else packet.dts)
        self.duration.append(packet.duration or 0)
        self.size.append(packet.size)
        self.keyframe.append(packet.is_keyframe)
        self.corrupt += packet.is_corrupt

    def __len__(self) -> int:
        return len(self.pts)

    def column(self, name: str) -> NDArray[np.int64]:
        """A column as an array."""
        return np.array(getattr(self, name), dtype=np.int64)

    def select(self, kept: NDArray[np.bool_]) -> VideoPackets:
        """The packets where ``kept`` (N,) holds."""
        chosen = VideoPackets(corrupt=self.corrupt)
        for name in COLUMNS:
            getattr(chosen, name).extend(self.column(name)[kept].tolist())
        return chosen

    @property
    def lacks_times(self) -> bool:
        """Whether a packet has no presentation time, or two have the same."""
        times = self.column("pts")
        return bool((times == NO_TIME).any()) or len(np.unique(times)) != len(times)

    @property
    def jumps_back(self) -> int:
        """How often the decoding clock runs backwards: streams joined without new timestamps."""
        clock = self.column("dts")
        clock = clock[clock != NO_TIME]
        return int((np.diff(clock) < 0).sum())


@dataclass
class AudioPackets:
    """Where an audio stream begins and ends, in units of its time base."""

    start: int | None = None
    end: int | None = None
    count: int = 0

    def add(self, packet: Packet[Stream]) -> None:
        """Note one packet."""
        self.count += 1
        if packet.pts is None:
            return
        end = packet.pts + (packet.duration or 0)
        self.start = packet.pts if self.start is None else min(self.start, packet.pts)
        self.end = end if self.end is None else max(self.end, end)


@dataclass
class PacketScan:
    """What one pass over a container's packets found. ``broken`` says why the pass ended before the end of the file."""

    video: VideoPackets = field(default_factory=VideoPackets)
    audio: dict[int, AudioPackets] = field(default_factory=dict)
    bytes_read: int = 0
    broken: str | None = None


def scan_packets(container: InputContainer, stream: VideoStream) -> PacketScan:
    """Demux the video stream and all audio streams to the end, or to where the structure breaks."""
    import av

    scan = PacketScan(audio={item.index: AudioPackets() for item in container.streams.audio})
    wanted: tuple[Stream, ...] = (stream, *container.streams.audio)
    packets = packets_of(container, *wanted)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return scan
        except av.error.FFmpegError as error:
            scan.broken = error.strerror or str(error)
            return scan
        if packet.size == 0:  # the end of a stream, or an empty slot of an AVI, which repeats the picture
            continue
        scan.bytes_read += packet.size
        if packet.stream_index == stream.index:
            if not packet.is_discard:  # cut off by an edit list: decoded, never shown
                scan.video.add(packet)
        elif packet.stream_index in scan.audio:
            scan.audio[packet.stream_index].add(packet)


def end_of_audio(scan: PacketScan, container: InputContainer) -> Fraction | None:
    """The latest end of any audio packet in seconds on the container's clock."""
    ends = [
        packets.end * stream.time_base
        for stream in container.streams.audio
        if (packets := scan.audio[stream.index]).end is not None and stream.time_base
    ]
    return max(ends, default=None)
