"""Decoded frames of one video, shared by the stages of a worker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CACHE_BYTES = 512 * 1024 * 1024
"""Bytes of decoded RGB up to which a video is kept in memory: 81 frames of 1080 x 1920 are 504 million bytes."""

RGB_CHANNELS = 3


class Frames(Protocol):
    """The frames of one video in display order.

    Iterating yields ``(H, W, 3)`` uint8 RGB arrays, read-only. It can be iterated any number of times; a short clip is held in
    memory after the first pass, a large one is decoded again, with equal frames either way.
    """

    @property
    def count(self) -> int:
        """Number of frames."""

    @property
    def height(self) -> int:
        """Rows."""

    @property
    def width(self) -> int:
        """Columns."""

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        """All frames, in order."""

    def at(self, indices: list[int]) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        """The frames of ``indices`` (sorted, unique), each with its index. Raises `IndexError` for one that doesn't exist."""


class DecodedVideo:
    """`Frames` of a stored clip: a local MP4 whose pixels are square and upright, as `cut` writes it.

    Frames are kept after the first whole pass where all of them fit into ``cache_bytes``; otherwise each pass decodes.
    """

    def __init__(self, path: Path, cache_bytes: int = CACHE_BYTES) -> None:
        self.path = path
        self._cache_bytes = cache_bytes
        self._kept: list[NDArray[np.uint8]] | None = None
        self._count, self._height, self._width = _measure(path)

    @property
    def _fits(self) -> bool:
        return self._count * self._height * self._width * RGB_CHANNELS <= self._cache_bytes

    @property
    def count(self) -> int:
        """Number of frames."""
        return self._count

    @property
    def height(self) -> int:
        """Rows."""
        return self._height

    @property
    def width(self) -> int:
        """Columns."""
        return self._width

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        """All frames, in order."""
        if self._kept is not None:
            yield from self._kept
            return
        kept: list[NDArray[np.uint8]] = []
        for _, frame in _decode(self.path, range(self._count)):
            if self._fits:
                kept.append(frame)
            yield frame
        if self._fits:
            self._kept = kept

    def at(self, indices: list[int]) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        """The frames of ``indices`` (sorted, unique), each with its index. Raises `IndexError` for one that doesn't exist."""
        if any(late <= early for early, late in pairwise(indices)):
            raise ValueError(f"frame indices must be sorted and unique: {indices}")
        if indices and (indices[0] < 0 or indices[-1] >= self._count):
            raise IndexError(f"frames {indices[0]} to {indices[-1]} of {self.path}, which has {self._count}")
        if self._kept is None and not self._fits:
            yield from _decode(self.path, indices)
            return
        wanted = iter(indices)
        following = next(wanted, None)
        for index, frame in enumerate(self):
            if index == following:
                yield index, frame
                following = next(wanted, None)
            # A clip that fits into memory is decoded to its end, so that the next pass finds it there.
            if following is None and self._kept is not None:
                return


def _measure(path: Path) -> tuple[int, int, int]:
    import av

    with av.open(f"file:{path}") as container:
        stream = container.streams.video[0]
        count = stream.frames or sum(1 for packet in container.demux(stream) if packet.size)
        return count, stream.codec_context.height, stream.codec_context.width


def _decode(path: Path, wanted: Sequence[int]) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """The frames of ``wanted`` (sorted), up to the last of them. Only these are converted to RGB, half of what a frame costs."""
    import av

    indices = iter(wanted)
    following = next(indices, None)
    with av.open(f"file:{path}") as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        stream.thread_count = 1
        for index, frame in enumerate(container.decode(stream)):
            if following is None:
                return
            if index != following:
                continue
            rgb = frame.to_ndarray(format="rgb24")
            rgb.flags.writeable = False
            yield index, rgb
            following = next(indices, None)
