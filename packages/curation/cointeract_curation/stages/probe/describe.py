"""Streams as typed records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cointeract_curation.media.picture import MATRICES, PRIMARIES, TRANSFERS, PictureForm
from cointeract_curation.media.timeline import SourceTimeline
from cointeract_curation.stages.probe.packets import AudioPackets
from cointeract_curation.stages.probe.record import AudioStreamRecord, VideoStreamRecord

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

UNSPECIFIED = "unspecified"


def describe_video(
    stream: VideoStream, first: VideoFrame, timeline: SourceTimeline, sizes: tuple[tuple[int, int], ...]
) -> VideoStreamRecord:
    """The video stream, as its first frame and its timeline show it."""
    form = PictureForm.of(first, stream.sample_aspect_ratio)
    width, height = form.display_size()
    components = first.format.components
    return VideoStreamRecord(
        index=stream.index,
        codec=stream.codec_context.codec.canonical_name,
        profile=stream.profile,
        pixel_format=first.format.name,
        bit_depth=max(component.bits for component in components),
        # FFmpeg's own VP9 and VP8 decoders leave a WebM's alpha plane out, so its tag tells.
        alpha=any(component.is_alpha for component in components) or stream.metadata.get("alpha_mode") == "1",
        width=first.width,
        height=first.height,
        display_width=width,
        display_height=height,
        rotation=form.orientation.clockwise_degrees,
        mirrored=form.orientation.mirrored,
        pixel_aspect=str(form.pixel_aspect),
        interlaced=first.interlaced_frame,
        colour_range="full" if form.full_range else "limited",
        colour_matrix="rgb" if form.is_rgb else MATRICES.get(form.matrix, UNSPECIFIED),
        colour_primaries=PRIMARIES.get(form.primaries, UNSPECIFIED),
        colour_transfer=TRANSFERS.get(form.transfer, UNSPECIFIED),
        stated_rate=str(stream.average_rate) if stream.average_rate else None,
        rate=str(timeline.rate) if timeline.rate is not None else None,
        timing=timeline.timing,
        start_s=float(timeline.origin),
        sizes=tuple(f"{wide}x{high}" for wide, high in sizes),
    )


def describe_audio(stream: AudioStream, packets: AudioPackets) -> AudioStreamRecord:
    """An audio stream, as its header and its packets show it."""
    clock = float(stream.time_base or 0)
    known = packets.start is not None and packets.end is not None
    context = stream.codec_context
    return AudioStreamRecord(
        index=stream.index,
        codec=context.codec.canonical_name if context is not None else UNSPECIFIED,
        sample_rate=context.sample_rate or 0 if context is not None else 0,
        channels=context.channels if context is not None else 0,
        layout=context.layout.name if context is not None else UNSPECIFIED,
        start_s=packets.start * clock if packets.start is not None else None,
        duration_s=(packets.end - packets.start) * clock if known else 0.0,  # type: ignore[operator]
        packets=packets.count,
    )
