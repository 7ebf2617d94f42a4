"""Writing RGB pictures as a stored video."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.media.encode import EncoderConfig, H264Writer

Picture = NDArray[np.uint8]


class RgbVideo:
    """An MP4 of constant 25 fps from RGB pictures (H, W, 3). A context manager, as `H264Writer`, whose errors it passes on."""

    def __init__(self, path: Path, size: tuple[int, int], config: EncoderConfig) -> None:
        """``size`` is (width, height) in pixels, both even."""
        from av.video.reformatter import VideoReformatter

        self._writer = H264Writer(path, *size, config)
        self._reformatter = VideoReformatter()

    def write(self, picture: Picture) -> None:
        """Append a picture. Colours are stored as BT.709 in limited range; each pair of 2 x 2 pixels shares its mean hue."""
        from av import VideoFrame
        from av.video.reformatter import ColorRange, Colorspace, Interpolation

        frame = self._reformatter.reformat(
            VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24"),
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
            interpolation=Interpolation.AREA,
        )
        self._writer.write(np.asarray(frame.to_ndarray(), dtype=np.uint8))

    def __enter__(self) -> Self:
        self._writer.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.__exit__(kind, error, trace)
