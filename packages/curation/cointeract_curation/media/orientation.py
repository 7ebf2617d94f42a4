"""Which way up a video is: the display matrix that phones write instead of turning the pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

if TYPE_CHECKING:
    from av.video.frame import VideoFrame


@dataclass(frozen=True)
class Orientation:
    """How the coded picture becomes the upright one: first swap rows and columns, then mirror along x, then along y."""

    transposed: bool = False
    mirrored_x: bool = False
    mirrored_y: bool = False

    @property
    def clockwise_degrees(self) -> int:
        """Rotation of the upright picture against the coded one; what remains of a mirrored one after undoing the mirror."""
        turns = {(False, False): 0, (False, True): 180, (True, False): 90, (True, True): 270}
        return turns[(self.transposed, self.mirrored_y)]

    @property
    def mirrored(self) -> bool:
        """Whether the upright picture is a mirror image of the coded one."""
        return self.transposed ^ self.mirrored_x ^ self.mirrored_y

    def filters(self) -> list[str]:
        """FFmpeg filters that do it."""
        chosen = (
            (self.transposed, "transpose=dir=cclock_flip"),  # FFmpeg's name for plain transposition
            (self.mirrored_x, "hflip"),
            (self.mirrored_y, "vflip"),
        )
        return [name for wanted, name in chosen if wanted]


def orientation_of(frame: VideoFrame) -> Orientation:
    """The orientation that the display matrix of a decoded frame asks for. Free angles are rounded to right ones.

    Ask one frame of a video, not each: in PyAV, a frame that was asked for side data lives until the garbage collector comes.
    """
    stored = cast("bytes | None", frame.side_data.get("DISPLAYMATRIX"))
    if stored is None:
        return Orientation()
    # 3 x 3 row-major, row vectors: (x', y') = (a x + c y, b x + d y); the first four of the nine that matter.
    a, b, _, c, d = (int(value) for value in np.frombuffer(stored, dtype=np.int32)[:5])
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return Orientation(False, a < 0, d < 0)
    return Orientation(True, c < 0, b < 0)
