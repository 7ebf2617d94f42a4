"""From a decoded picture of any kind to what is stored: upright, square pixels, even sides, 8-bit limited-range yuv420p, BT.709.

A picture that is all of this already passes through untouched. Everything else goes through one FFmpeg filter graph, YUV to YUV,
without a detour through RGB.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.media.orientation import Orientation, orientation_of
from cointeract_shards.constants import FPS

if TYPE_CHECKING:
    from av.filter import Graph
    from av.video.frame import VideoFrame

STORED_FORMAT = "yuv420p"
LIMITED, FULL = 1, 2  # AVColorRange
UNSPECIFIED = 2  # AVColorSpace, AVColorPrimaries and AVColorTransferCharacteristic

# AVColorSpace by number, as the scale filter names it. Matrices that it can't convert from (YCoCg, constant luminance) are left out.
MATRICES = {1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 9: "bt2020nc"}
PRIMARIES = {
    1: "bt709",
    4: "bt470m",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    9: "bt2020",
    11: "smpte431",
    12: "smpte432",
}
TRANSFERS = {
    1: "bt709", 4: "bt470m", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "linear", 13: "iec61966-2-1", 14: "bt2020-10",
    15: "bt2020-12", 16: "smpte2084", 18: "arib-std-b67",
}  # fmt: skip
STORED_MATRIX = 1

HD_WIDTH, SD_HEIGHT = 1280, 576
"""An untagged picture at least this wide, or taller than this, is taken for BT.709, a smaller one for BT.601: what players do."""

SCALER = "bicubic+accurate_rnd+full_chroma_int+bitexact"


class PictureError(Exception):
    """A picture that can't be brought into the stored form."""


@dataclass(frozen=True)
class PictureForm:
    """What decides how a picture is converted. ``matrix``, ``primaries``, ``transfer`` and ``range`` are FFmpeg's numbers."""

    width: int
    height: int
    pixel_format: str
    matrix: int
    primaries: int
    transfer: int
    range: int
    orientation: Orientation
    pixel_aspect: Fraction

    @classmethod
    def of(cls, frame: VideoFrame, pixel_aspect: Fraction | None) -> PictureForm:
        """The form of a decoded frame. ``pixel_aspect`` is the width of a pixel over its height; None means square."""
        return cls(
            frame.width,
            frame.height,
            frame.format.name,
            int(frame.colorspace),
            int(frame.color_primaries),
            int(frame.color_trc),
            int(frame.color_range),
            orientation_of(frame),
            pixel_aspect if pixel_aspect else Fraction(1),
        )

    def fits(self, frame: VideoFrame) -> bool:
        """Whether another frame of the same video has this form. Its display matrix is the stream's and isn't looked at again."""
        return (
            (frame.width, frame.height) == (self.width, self.height)
            and frame.format.name == self.pixel_format
            and (int(frame.colorspace), int(frame.color_range)) == (self.matrix, self.range)
        )

    @property
    def is_rgb(self) -> bool:
        """Whether the planes hold red, green and blue."""
        import av

        return bool(av.VideoFormat(self.pixel_format, 16, 16).is_rgb) or self.pixel_format == "pal8"

    @property
    def full_range(self) -> bool:
        """Whether black is 0 and not 16 (at 8 bits)."""
        return self.range == FULL or self.pixel_format.startswith("yuvj")

    @property
    def effective_matrix(self) -> int:
        """The matrix the picture is taken to have where it states none."""
        if self.matrix in MATRICES:
            return self.matrix
        return 1 if self.width >= HD_WIDTH or self.height > SD_HEIGHT else 6

    @property
    def stored_primaries(self) -> str:
        """Name of the colour primaries to state in the stored file."""
        return PRIMARIES.get(self.primaries, "bt709")

    @property
    def stored_transfer(self) -> str:
        """Name of the transfer function to state in the stored file."""
        return TRANSFERS.get(self.transfer, "bt709")

    def square_size(self) -> tuple[int, int]:
        """Width and height with square pixels, as coded (not yet upright). The side with fewer pixels is stretched, none is lost."""
        if self.pixel_aspect >= 1:
            return round(self.width * self.pixel_aspect), self.height
        return self.width, round(self.height / self.pixel_aspect)

    def display_size(self) -> tuple[int, int]:
        """Width and height of the upright picture with square pixels."""
        width, height = self.square_size()
        return (height, width) if self.orientation.transposed else (width, height)


class PictureNormaliser:
    """Brings all pictures of one form into the stored form. ``width`` and ``height`` are those of the result."""

    def __init__(self, form: PictureForm, max_short_side: int) -> None:
        self.form = form
        scaled = _fitted(form.square_size(), max_short_side)
        resized = scaled != (form.width, form.height)
        if resized:
            scaled = (_even(scaled[0]), _even(scaled[1]))
        # An odd row or column is cut off, since scaling it away would blur the whole picture.
        cropped = (scaled[0] // 2 * 2, scaled[1] // 2 * 2)
        if min(cropped) <= 0:
            raise PictureError(f"a picture of {form.width}x{form.height} is too small to be stored")
        self.width, self.height = cropped[::-1] if form.orientation.transposed else cropped
        converted = (
            form.pixel_format != STORED_FORMAT or form.full_range or form.effective_matrix != STORED_MATRIX or resized
        )
        steps = []
        if converted:
            steps += [_scale(form, *scaled), f"format={STORED_FORMAT}"]
        if cropped != scaled:
            steps.append(f"crop={cropped[0]}:{cropped[1]}:0:0")
        steps += form.orientation.filters()
        self._graph = _graph(form, steps) if steps else None

    def convert(self, frame: VideoFrame) -> NDArray[np.uint8]:
        """Planar yuv420p of the picture: (height * 3 / 2, width) uint8.

        Raises:
            PictureError: FFmpeg can't convert it.
        """
        import av

        if self._graph is None:
            return _planes(frame)
        frame.pts = None  # the graph must neither drop nor repeat a picture because of its time
        try:
            self._graph.vpush(frame)
            return _planes(self._graph.vpull())
        except av.error.FFmpegError as error:
            raise PictureError(f"FFmpeg can't convert {self.form}: {error}") from error


def _planes(frame: VideoFrame) -> NDArray[np.uint8]:
    """The three planes of a yuv420p frame below each other, without the padding of its rows; one copy where PyAV makes two."""
    width, height = frame.width, frame.height
    stored = np.empty(width * height * 3 // 2, dtype=np.uint8)
    begin = 0
    for plane in frame.planes:
        rows = np.frombuffer(cast(bytes, plane), dtype=np.uint8).reshape(-1, plane.line_size)[
            : plane.height, : plane.width
        ]
        stored[begin : begin + rows.size].reshape(rows.shape)[:] = rows
        begin += rows.size
    return stored.reshape(height * 3 // 2, width)


def _fitted(size: tuple[int, int], max_short_side: int) -> tuple[int, int]:
    short = min(size)
    if short <= max_short_side:
        return size
    return round(Fraction(size[0] * max_short_side, short)), round(Fraction(size[1] * max_short_side, short))


def _even(side: int) -> int:
    return max(2, round(side / 2) * 2)


def _scale(form: PictureForm, width: int, height: int) -> str:
    incoming = (
        ""
        if form.is_rgb
        else (f":in_color_matrix={MATRICES[form.effective_matrix]}:in_range={'full' if form.full_range else 'limited'}")
    )
    return f"scale={width}:{height}:flags={SCALER}{incoming}:out_color_matrix=bt709:out_range=limited"


def _graph(form: PictureForm, steps: list[str]) -> Graph:
    import av
    from av.filter import Graph

    graph = Graph()
    graph.threads = 1
    # Colour is stated by the scale step; the source states none, so that a frame's own tags never clash with it.
    source = graph.add(
        "buffer",
        f"video_size={form.width}x{form.height}:pix_fmt={form.pixel_format}:time_base=1/{FPS}:pixel_aspect=1/1",
    )
    nodes = [source]
    for step in steps:
        name, _, arguments = step.partition("=")
        nodes.append(graph.add(name, arguments or None))
    nodes.append(graph.add("buffersink"))
    graph.link_nodes(*nodes)
    try:
        graph.configure()
    except av.error.FFmpegError as error:
        raise PictureError(f"FFmpeg can't convert {form}: {error}") from error
    return graph
