"""What a page must know of a video's container, and single frames of it. A frame's number is its place in the container's
table of samples, never a time multiplied by a rate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from itertools import pairwise

import av
from PIL import Image

from cointeract_inspector.errors import ApiError

HINT = "make the file again; `cointeract lint` tells what else is wrong with the data set"


@dataclass(frozen=True)
class VideoFacts:
    """Of the sample table: nothing is decoded."""

    frames: int
    fps: float
    """Frames per second where the rate is constant, the average otherwise."""
    constant: bool
    """Whether every frame lasts equally long."""
    width: int
    height: int
    codec: str
    duration: float
    """Seconds."""


def video_facts(data: bytes, where: str) -> VideoFacts:
    """Frames, rate and size of a video.

    Raises:
        ApiError: 404, it isn't a video.
    """
    try:
        with av.open(BytesIO(data)) as container:
            stream = container.streams.video[0]
            times = sorted(packet.pts for packet in container.demux(stream) if packet.pts is not None)
            base = stream.time_base or Fraction(1)
            width, height, codec = stream.width, stream.height, stream.codec_context.name
            lasts = stream.duration
    except (av.FFmpegError, ValueError, IndexError) as error:
        raise _not_decodable(where, error) from error
    if not times:
        raise ApiError(404, "not_decodable", f"{where} holds no frame", HINT)
    steps = {after - before for before, after in pairwise(times)}
    span = (times[-1] - times[0]) * base
    whole = lasts * base if lasts else span
    constant = len(steps) <= 1
    rate = Fraction(len(times)) / whole if whole else Fraction(0)
    if constant and steps:
        rate = 1 / (steps.pop() * base)
    return VideoFacts(len(times), float(rate), constant, width, height, codec, float(whole))


def frames_at(data: bytes, numbers: Sequence[int], where: str) -> list[Image.Image]:
    """Frames of a video by their numbers, which must ascend.

    Raises:
        ApiError: 404, it doesn't decode or has no such frame.
    """
    wanted = iter(numbers)
    number = next(wanted, None)
    found: list[Image.Image] = []
    try:
        for index, picture in enumerate(_decoded(data)):
            while index == number:
                found.append(picture.to_image())
                number = next(wanted, None)
            if number is None:
                return found
    except (av.FFmpegError, ValueError, IndexError) as error:
        raise _not_decodable(where, error) from error
    raise ApiError(404, "not_found", f"{where} has no frame {number}", "ask for a frame that it has")


def middle_keyframe(data: bytes, where: str) -> Image.Image:
    """The key frame in the middle of a video: one frame for its looks, where it doesn't matter which, without decoding the others.

    Raises:
        ApiError: 404, it doesn't decode.
    """
    try:
        with av.open(BytesIO(data)) as container:
            stream = container.streams.video[0]
            keys = [packet for packet in container.demux(stream) if packet.is_keyframe and packet.pts is not None]
            container.seek(keys[len(keys) // 2].pts or 0, stream=stream)
            picture: av.VideoFrame = next(container.decode(stream))
            image: Image.Image = picture.to_image()
            return image
    except (av.FFmpegError, ValueError, IndexError, StopIteration) as error:
        raise _not_decodable(where, error) from error


def _decoded(data: bytes) -> Iterator[av.VideoFrame]:
    with av.open(BytesIO(data)) as container:
        stream = container.streams.video[0]
        stream.thread_count = 1  # requests run side by side instead
        yield from container.decode(stream)


def _not_decodable(where: str, error: Exception) -> ApiError:
    reason = str(error.strerror) if isinstance(error, av.FFmpegError) else str(error)
    return ApiError(404, "not_decodable", f"{where} doesn't decode as a video: {reason}", HINT)
