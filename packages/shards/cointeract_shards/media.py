"""Decodes the media members of a sample: what a check of the contract needs to know of them.

PyAV is imported inside the functions: reading shards and manifests doesn't need it.
"""

from __future__ import annotations

import wave
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from cointeract_shards.errors import ContractError

LUMA_LONG_SIDE = 64
"""Long side in pixels of the reduced luma that the checks work on."""


@dataclass(frozen=True)
class Video:
    """A decoded video: its size, its frame times, and its frames as small grey pictures."""

    width: int
    height: int
    rate: Fraction
    """Frames per second that the file states."""
    times: NDArray[np.float64]
    """Presentation time of each frame in seconds, shape `(frames,)`."""
    luma: NDArray[np.uint8]
    """Luma of each frame reduced to `LUMA_LONG_SIDE`, shape `(frames, rows, columns)`, 0 to 255."""

    @property
    def frames(self) -> int:
        """Number of frames that decode."""
        return len(self.times)


@dataclass(frozen=True)
class Audio:
    """Format and length of a PCM WAV file."""

    sample_rate: int
    channels: int
    sample_bytes: int
    samples: int


def decode_video(data: bytes, *, where: str) -> Video:
    """Decode every frame of a video.

    Args:
        data: the file.
        where: what the file is, for the message.

    Raises:
        ContractError: not a video, without a picture stream, cut short, or with damaged frames.
    """
    import av

    try:
        with av.open(BytesIO(data)) as container:
            if not container.streams.video:
                raise ContractError(f"{where}: has no video stream")
            stream = container.streams.video[0]
            stream.thread_count = 1  # samples are checked side by side instead
            times: list[float] = []
            pictures: list[NDArray[np.uint8]] = []
            small = _reduced_size(stream.width, stream.height)
            for frame in container.decode(stream):
                if frame.is_corrupt or frame.time is None:
                    raise ContractError(f"{where}: frame {len(times)} is damaged; make the file again")
                times.append(float(frame.time))
                picture = frame.reformat(width=small[0], height=small[1], format="gray", interpolation="AREA")
                pictures.append(picture.to_ndarray())
            promised = stream.frames
            rate = Fraction(stream.average_rate) if stream.average_rate else Fraction(0)
            width, height = stream.width, stream.height
    except (av.FFmpegError, ValueError) as error:
        if isinstance(error, ContractError):
            raise
        raise ContractError(f"{where}: doesn't decode as a video ({_reason(error)}); make the file again") from error
    if not pictures:
        raise ContractError(f"{where}: has no frame that decodes")
    if promised and promised != len(pictures):
        raise ContractError(f"{where}: promises {promised} frames and {len(pictures)} decode; make the file again")
    return Video(width, height, rate, np.array(times), np.stack(pictures))


def read_audio(data: bytes, *, where: str) -> Audio:
    """Format and length of a WAV file, counted from the samples that are there rather than the header.

    Raises:
        ContractError: not a PCM WAV file, or shorter than its header says.
    """
    try:
        with wave.open(BytesIO(data)) as reader:
            promised = reader.getnframes()
            frame_bytes = reader.getnchannels() * reader.getsampwidth()
            found = len(reader.readframes(promised)) // frame_bytes
            audio = Audio(reader.getframerate(), reader.getnchannels(), reader.getsampwidth(), found)
    except (wave.Error, EOFError) as error:
        raise ContractError(
            f"{where}: isn't a PCM WAV file ({str(error) or 'it ends early'}); make it again"
        ) from error
    if promised != found:
        raise ContractError(f"{where}: promises {promised} samples and holds {found}; make it again")
    return audio


def decode_image(data: bytes, *, where: str) -> NDArray[np.uint8]:
    """Decode a still picture to RGB, shape `(height, width, 3)`.

    Raises:
        ContractError: not a picture that decodes.
    """
    import av

    try:
        with av.open(BytesIO(data)) as container:
            for frame in container.decode(video=0):
                picture: NDArray[np.uint8] = frame.to_ndarray(format="rgb24")
                return picture
    except (av.FFmpegError, ValueError, IndexError) as error:
        raise ContractError(f"{where}: doesn't decode as a picture ({_reason(error)}); make the file again") from error
    raise ContractError(f"{where}: holds no picture; make the file again")


def encode_png(picture: NDArray[np.uint8]) -> bytes:
    """A picture of shape `(height, width, 3)`, RGB, as PNG."""
    import av

    context = av.CodecContext.create("png", "w")
    context.height, context.width = picture.shape[:2]
    context.pix_fmt = "rgb24"
    context.time_base = Fraction(1)
    packets = context.encode(av.VideoFrame.from_ndarray(picture, format="rgb24"))
    return b"".join(bytes(packet) for packet in [*packets, *context.encode(None)])


def _reason(error: Exception) -> str:
    """What FFmpeg says is wrong, without its error number."""
    import av

    return str(error.strerror) if isinstance(error, av.FFmpegError) else str(error)


def _reduced_size(width: int, height: int) -> tuple[int, int]:
    scale = min(1.0, LUMA_LONG_SIDE / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))
