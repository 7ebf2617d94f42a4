"""Measures a source: streams, times, sizes, and how much of it is there."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cointeract_curation.core.errors import UnusableInputError
from cointeract_curation.core.stage import Scores, Stage, Workspace
from cointeract_curation.core.units import UnitKind
from cointeract_curation.core.versions import distribution_version
from cointeract_curation.media.decode import video_stream
from cointeract_curation.media.location import open_container, refusal
from cointeract_curation.media.timeline import SourceTimeline, Timing, save_timeline
from cointeract_curation.stages.probe.build import (
    Start,
    decode_start,
    drop_undecodable_lead,
    timeline_from_count,
    timeline_from_frames,
    timeline_from_packets,
    timing_of,
)
from cointeract_curation.stages.probe.config import ProbeConfig
from cointeract_curation.stages.probe.describe import describe_audio, describe_video
from cointeract_curation.stages.probe.health import promised_frames, readable_at_end, sampled_sizes
from cointeract_curation.stages.probe.packets import PacketScan, end_of_audio, scan_packets
from cointeract_curation.stages.probe.record import ProbeRecord

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

TEXT_FORMATS = {"tty"}
"""What FFmpeg would render as a picture although it is a text."""


@dataclass(frozen=True)
class _Measured:
    timeline: SourceTimeline
    sizes: tuple[tuple[int, int], ...]
    lost_at_end: int
    lead: int
    promised: int


class ProbeStage(Stage[ProbeConfig]):
    """Reads all packets once and decodes the first frames, the last group of pictures and a sample of keyframes.

    Writes ``timeline.npz`` (`SourceTimeline`) and ``probe.json`` (`ProbeRecord`). Scores, all facts and no verdicts:

    - ``duration_s``, ``frames``, ``frames_25`` (length on the 25 fps timeline), ``largest_gap_s``
    - ``frames_promised`` by header or index, ``frames_readable``, ``readable_share`` of the two
    - ``rate`` (mean, frames a second), ``constant_rate``, ``timing`` (`Timing`), ``clock_jumps``, ``undecodable_lead``
    - ``width``, ``height`` (upright, square pixels), ``rotation``, ``mirrored``, ``interlaced``, ``alpha``, ``bit_depth``, ``hdr``
    - ``size_changes`` between sampled keyframes, ``audio_streams``, ``audio_share`` (sound's duration over the video's, at most 1)
    - ``codec``, ``container``
    """

    name: ClassVar[str] = "probe"
    version: ClassVar[int] = 1
    unit: ClassVar[UnitKind] = UnitKind.SOURCE
    outputs: ClassVar[tuple[str, ...]] = ("timeline.npz", "probe.json")
    time_limit_s: ClassVar[float] = 3600.0

    def revision(self) -> str:
        """FFmpeg's libraries come with PyAV."""
        return distribution_version("av")

    def run(self, workspace: Workspace) -> Scores:
        """Measure one source.

        Raises:
            UnusableInputError: no video, or none that can be decoded; the message says what it is.
        """
        import av

        location = workspace.source()
        try:
            with open_container(location) as container:
                stream = _stream(container, location)
                scan = scan_packets(container, stream)
                if not len(scan.video):
                    raise UnusableInputError(
                        f"{location}: the header announces video, but the file holds not one packet of it"
                    )
                start = decode_start(location)
                if start is None:
                    raise UnusableInputError(
                        f"{location}: not one frame of its {stream.codec_context.name} video can be decoded"
                    )
                measured = self._measure(location, container, stream, scan, start)
                record = _record(container, stream, scan, start, measured)
        except av.error.FFmpegError as error:
            reason = refusal(location) or error.strerror
            raise UnusableInputError(
                f"{location} is not a video that FFmpeg can read ({reason}): it is cut off, damaged, or something else"
            ) from error
        save_timeline(measured.timeline, workspace.output("timeline.npz"))
        workspace.output("probe.json").write_text(record.model_dump_json(indent=1) + "\n", encoding="utf-8")
        return _scores(scan, measured, record)

    def _measure(
        self, location: str, container: InputContainer, stream: VideoStream, scan: PacketScan, start: Start
    ) -> _Measured:
        packets, lead = drop_undecodable_lead(scan.video)
        timing = timing_of(packets, start)
        if timing is Timing.PACKETS:
            timeline = timeline_from_packets(packets, stream)
            sizes = sampled_sizes(location, timeline, self.config.sampled_keyframes)
        elif timing is Timing.DECODED:
            timeline, sizes = timeline_from_frames(location, packets)
        else:
            timeline, sizes = timeline_from_count(location, packets)
        lost = readable_at_end(location, timeline)
        found = len(packets) if timing is Timing.PACKETS else timeline.count
        promised = promised_frames(container, stream, timeline, found, end_of_audio(scan, container))
        return _Measured(timeline, sizes, lost, lead, promised)


def _stream(container: InputContainer, location: str) -> VideoStream:
    if container.format.name in TEXT_FORMATS:
        raise UnusableInputError(f"{location} is a text, not a video")
    stream = video_stream(container)
    if stream is not None:
        return stream
    if container.streams.video:
        raise UnusableInputError(
            f"{location} has no video but a cover picture, or one in a codec that FFmpeg doesn't know"
        )
    held = ", ".join(sorted({item.type for item in container.streams})) or "nothing"
    raise UnusableInputError(f"{location} has no video stream; it holds {held}")


def _record(
    container: InputContainer, stream: VideoStream, scan: PacketScan, start: Start, measured: _Measured
) -> ProbeRecord:
    import av

    timeline = measured.timeline
    notes = []
    if scan.broken:
        notes.append(f"reading ended early: {scan.broken}")
    if timeline.timing is Timing.ORDINALS:
        notes.append("no usable timestamps: frames are counted, every access decodes from the start")
    if timeline.timing is Timing.DECODED:
        notes.append("packets and frames don't match: times are those of the decoded frames")
    if measured.lead:
        notes.append(f"{measured.lead} frames before the first keyframe can't be decoded and are left out")
    if scan.video.corrupt:
        notes.append(f"{scan.video.corrupt} packets are marked as corrupt")
    if measured.lost_at_end:
        notes.append(f"{measured.lost_at_end} frames of the last group of pictures can't be decoded")
    return ProbeRecord(
        container=container.format.name,
        container_duration_s=container.duration / av.time_base if container.duration else None,
        bytes_read=scan.bytes_read,
        video=describe_video(stream, start.first, timeline, measured.sizes),
        audio=tuple(describe_audio(item, scan.audio[item.index]) for item in container.streams.audio),
        notes=tuple(notes),
    )


def _scores(scan: PacketScan, measured: _Measured, record: ProbeRecord) -> Scores:
    timeline, video = measured.timeline, record.video
    readable = timeline.count - measured.lost_at_end
    duration = timeline.duration
    longest_gap = (
        float(timeline.frame_duration)
        if timeline.rate is not None or timeline.count == 1
        else float(int(np.diff(timeline.pts).max()) * timeline.time_base)
    )
    sound = max((stream.duration_s for stream in record.audio), default=0.0)
    return {
        "duration_s": float(duration),
        "frames": timeline.count,
        "frames_25": timeline.output_count,
        "largest_gap_s": longest_gap,
        "frames_promised": measured.promised,
        "frames_readable": readable,
        "readable_share": min(1.0, readable / measured.promised),
        "rate": float(Fraction(timeline.count) / duration) if duration else 0.0,
        "constant_rate": timeline.rate is not None,
        "timing": timeline.timing.value,
        "clock_jumps": scan.video.jumps_back,
        "undecodable_lead": measured.lead,
        "width": video.display_width,
        "height": video.display_height,
        "rotation": video.rotation,
        "mirrored": video.mirrored,
        "interlaced": video.interlaced,
        "alpha": video.alpha,
        "bit_depth": video.bit_depth,
        "hdr": video.colour_transfer in {"smpte2084", "arib-std-b67"},
        "size_changes": max(0, len(measured.sizes) - 1),
        "audio_streams": len(record.audio),
        "audio_share": min(1.0, sound / float(duration)) if duration else 0.0,
        "codec": video.codec,
        "container": record.container,
    }
