"""Last step: frames and sound into an MP4 that is written once and plays up to where it was interrupted.

The file is a fragmented MP4: a fifth of a second of both streams is written at a time, each with its own index, so that nothing
is missing at the end but what was never written. Picture is H.264 at 25 fps, sound AAC at 48 kHz. One encoder of each runs through
the whole video, so clips join without a gap.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from cointeract_model.generation.decode import Frames
from cointeract_model.generation.sound import FLOATS, TRACK_RATE
from cointeract_shards.constants import FPS

FRAGMENT_MICROSECONDS = 200_000
CONTAINER = {
    # The index waits for the first fragment, as it states how much of the sound is the encoder's lead-in.
    "movflags": "delay_moov+default_base_moof",
    "frag_duration": str(FRAGMENT_MICROSECONDS),
    "flush_packets": "1",
}
H264 = {
    "preset": "medium",
    "crf": "17",
    # Nothing waits in the encoder: no reordered frames, no look-ahead. One thread makes equal files of equal frames.
    "bf": "0",
    "rc-lookahead": "0",
    "x264-params": "sync-lookahead=0",
}
KEYFRAME_INTERVAL = 40
AAC_BIT_RATE = 128_000
AAC_FRAME = 1024
"""Samples that AAC encodes at a time."""

BT709 = 1
LIMITED = 1
"""FFmpeg's numbers for BT.709, and for levels from 16 to 235: players guess the colours of a file that doesn't state them."""

SOUND_AHEAD = 3
"""Frames by which sound is written ahead of the picture, so that a clip's last frames don't wait for theirs."""


class VideoFile:
    """An MP4 that grows clip by clip. A context manager: leaving it finishes the file, after an error too.

    Args:
        path: of the file; replaced where it exists.
        track: (channels, n) at 48 kHz, of the whole video.
    """

    def __init__(self, path: Path, track: FLOATS) -> None:
        self._path, self._track = path, track
        self._pictures = self._samples = 0
        self._streams: _Streams | None = None

    def append(self, frames: Frames) -> None:
        """Add frames (T, H, W, 3), and the sound that belongs to them."""
        if self._streams is None:
            height, width = frames.shape[1:3]
            self._streams = _Streams(self._path, height, width, channels=len(self._track))
        for picture in frames:
            self._streams.write_picture(picture, self._pictures)
            self._pictures += 1
            self._write_sound(self._pictures + SOUND_AHEAD, whole=True)

    def close(self) -> None:
        """Write what the encoders hold, and close the file. Without a frame there is none."""
        if self._streams is not None:
            self._write_sound(self._pictures, whole=False)
            self._streams.close()

    def _write_sound(self, frames: int, *, whole: bool) -> None:
        """Sound up to so many frames of the video; with `whole`, in AAC's full steps only."""
        if self._streams is None:
            return
        end = min(frames * TRACK_RATE // FPS, self._track.shape[1])
        while self._samples + (AAC_FRAME if whole else 1) <= end:
            piece = self._track[:, self._samples : min(self._samples + AAC_FRAME, end)]
            self._streams.write_sound(piece, self._samples)
            self._samples += piece.shape[1]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Streams:
    """Container and encoders."""

    def __init__(self, path: Path, height: int, width: int, channels: int) -> None:
        import av

        self._layout = "mono" if channels == 1 else "stereo"
        self._container: Any = av.open(str(path), "w", format="mp4", options=CONTAINER)
        self._video = self._container.add_stream("libx264", rate=FPS, options=H264)
        self._video.width, self._video.height, self._video.pix_fmt = width, height, "yuv420p"
        coder = self._video.codec_context
        coder.time_base, coder.thread_count, coder.gop_size = Fraction(1, FPS), 1, KEYFRAME_INTERVAL
        coder.colorspace = coder.color_primaries = coder.color_trc = BT709
        coder.color_range = LIMITED
        self._audio = self._container.add_stream("aac", rate=TRACK_RATE)
        self._audio.codec_context.layout, self._audio.codec_context.bit_rate = self._layout, AAC_BIT_RATE

    def write_picture(self, picture: Frames, number: int) -> None:
        """Encode and mux frame `number`, (H, W, 3)."""
        from av import VideoFrame
        from av.video.reformatter import ColorRange, Colorspace, Interpolation

        frame = VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24").reformat(
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
            interpolation=Interpolation.AREA,
        )
        frame.pts, frame.time_base = number, Fraction(1, FPS)
        self._container.mux(self._video.encode(frame))

    def write_sound(self, samples: FLOATS, first: int) -> None:
        """Encode and mux samples (channels, n) from number `first` on."""
        from av import AudioFrame

        frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=self._layout)
        frame.sample_rate, frame.pts, frame.time_base = TRACK_RATE, first, Fraction(1, TRACK_RATE)
        self._container.mux(self._audio.encode(frame))

    def close(self) -> None:
        """Bring out what the encoders hold, and finish the file."""
        try:
            self._container.mux(self._video.encode(None))
            self._container.mux(self._audio.encode(None))
        finally:
            self._container.close()
