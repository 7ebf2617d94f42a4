"""The pictures of one window: each needed source frame decoded once, converted once, repeated where 25 fps asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.media.decode import decode_range
from cointeract_curation.media.encode import EncoderConfig, H264Writer
from cointeract_curation.media.picture import PictureForm, PictureNormaliser
from cointeract_curation.media.timeline import SourceTimeline

if TYPE_CHECKING:
    from av.video.frame import VideoFrame


class MissingFrameError(Exception):
    """A source frame inside a window that can't be decoded, or that isn't like the frames before it."""


@dataclass(frozen=True)
class EncodedClip:
    """What was stored: its size in pixels, the form of the source's pictures, and the bytes of all files."""

    form: PictureForm
    width: int
    height: int
    bytes: int


class ClipPictures:
    """Stored pictures of a window. ``shown`` (N,) are the source frames of its N frames, never decreasing."""

    def __init__(
        self,
        source: str,
        timeline: SourceTimeline,
        shown: NDArray[np.int64],
        pixel_aspect: Fraction,
        max_short_side: int,
    ) -> None:
        self.count = len(shown)
        self._source = source
        self._timeline = timeline
        self._needed, self._repeats = np.unique(shown, return_counts=True)
        self._pixel_aspect = pixel_aspect
        self._max_short_side = max_short_side
        self._normaliser: PictureNormaliser | None = None

    @property
    def normaliser(self) -> PictureNormaliser:
        """The conversion in use; there is one from the first picture on."""
        if self._normaliser is None:
            raise RuntimeError("the form of the pictures is known from the first picture on")
        return self._normaliser

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        """One planar yuv420p picture for each frame of the window, in order.

        Raises:
            MissingFrameError: a needed frame is damaged, or its form differs from that of the frames before it.
            PictureError: FFmpeg can't convert the pictures.
        """
        for (number, frame), repeats in zip(self._decoded(), self._repeats.tolist(), strict=True):
            if self._normaliser is None:
                self._normaliser = PictureNormaliser(PictureForm.of(frame, self._pixel_aspect), self._max_short_side)
            elif not self._normaliser.form.fits(frame):
                form = PictureForm.of(frame, self._pixel_aspect)
                raise MissingFrameError(
                    f"{self._source}: source frame {number} is {form}, the frames before it are {self._normaliser.form}"
                )
            picture = self._normaliser.convert(frame)
            for _ in range(repeats):
                yield picture

    def _decoded(self) -> Iterator[tuple[int, VideoFrame]]:
        needed = self._needed.tolist()
        wanted = iter(needed)
        following = next(wanted)
        for number, frame in decode_range(self._source, self._timeline, needed[0], needed[-1] + 1):
            if number < following:
                continue
            if number > following:
                break
            yield number, frame
            after = next(wanted, None)
            if after is None:
                return
            following = after
        raise MissingFrameError(
            f"{self._source}: source frame {following}, at {float(self._timeline.time_of(following)):.3f} s, can't be decoded: "
            "the file is damaged there"
        )


def encode_clip(
    pictures: ClipPictures, motion_frames: int, config: EncoderConfig, rgb: Path, motion: Path | None
) -> EncodedClip:
    """Write the first ``motion_frames`` pictures to ``motion`` and the rest to ``rgb``, from one decode.

    One file after the other, so that there is one encoder's memory at a time.

    Raises:
        MissingFrameError, PictureError: from the pictures.
        EncodeError: the encoder failed.
    """
    stream = iter(pictures)
    first = next(stream)
    stored, form = pictures.normaliser, pictures.normaliser.form
    queue = chain([first], stream)

    def write(path: Path, frames: Iterable[NDArray[np.uint8]]) -> int:
        with H264Writer(
            path,
            stored.width,
            stored.height,
            config,
            colour_primaries=form.stored_primaries,
            colour_transfer=form.stored_transfer,
        ) as writer:
            for picture in frames:
                writer.write(picture)
        return path.stat().st_size

    size = write(motion, islice(queue, motion_frames)) if motion is not None else 0
    return EncodedClip(form, stored.width, stored.height, size + write(rgb, queue))
