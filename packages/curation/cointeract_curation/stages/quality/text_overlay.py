"""Text that was laid over the video: captions, price tags, watermarks.

Text is found with RapidOCR's detector (PP-OCRv4, DB head; recognition isn't needed). What tells an overlay from text
in the scene is that it stays: a region counts where most sampled frames have text at the same place *and* the same
edges at the same pixels. Print on a product that a hand holds moves by more than a stroke's width even when it is
held still, so its edges don't correlate.

Limits: text in the scene that doesn't move under a fixed camera (a poster, a product on a table) can't be told from
an overlay, and subtitles that change more often than the share of frames asked for aren't found as one;
`TextOverlay.text_share` sees both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.quality.boxes import intersection_over_union, union_area
from cointeract_shards.records import Box

if TYPE_CHECKING:
    from cointeract_curation.stages.quality.config import OverlayConfig

# cv2 and rapidocr_onnxruntime are imported inside functions so that light commands stay light.

UInt8 = NDArray[np.uint8]
Edges = NDArray[np.float32]
FindText = Callable[[UInt8], list[Box]]

MODEL_FILE = "models/ch_PP-OCRv4_det_infer.onnx"
NETWORK_MULTIPLE = 32
"""The network takes sides that are multiples of this; the library scales to the nearest."""


@dataclass(frozen=True)
class Overlay:
    """One persistent, still text region: its box in pixels of the samples, the share of samples it is in."""

    box: Box
    presence: float


@dataclass(frozen=True)
class TextOverlay:
    """Text in a clip.

    Attributes:
        overlays: persistent, still regions.
        overlay_share: share of the frame's area under at least one of them, 0..1.
        text_share: share of the frame's area under any text, also print on the product; mean over the frames looked at.
        text: ``frame: boxes`` for the frames looked at. The search ends early where no region can reach the share
            asked for.
    """

    overlays: list[Overlay]
    overlay_share: float
    text_share: float
    text: dict[int, list[Box]]


class TextFinder:
    """RapidOCR's text detector on one thread, without its recogniser."""

    def __init__(self, text_score: float) -> None:
        import rapidocr_onnxruntime
        from rapidocr_onnxruntime.ch_ppocr_det import TextDetector

        # The library's own config.yaml, but for the threads and for the size, which the caller decides.
        self._detector: Any = TextDetector(
            {
                "model_path": str(Path(rapidocr_onnxruntime.__file__).parent / MODEL_FILE),
                "intra_op_num_threads": 1,
                "inter_op_num_threads": 1,
                "limit_side_len": NETWORK_MULTIPLE,
                "limit_type": "min",
                "mean": [0.5, 0.5, 0.5],
                "std": [0.5, 0.5, 0.5],
                "thresh": 0.3,
                "box_thresh": text_score,
                "max_candidates": 1000,
                "unclip_ratio": 1.6,
                "use_dilation": True,
                "score_mode": "fast",
            }
        )

    def __call__(self, picture: UInt8) -> list[Box]:
        """Upright bounding boxes of text lines in an RGB picture ``(h, w, 3)``, in its pixels."""
        quadrilaterals, _ = self._detector(np.ascontiguousarray(picture[..., ::-1]))  # the library takes BGR
        if quadrilaterals is None:
            raise RuntimeError(
                f"RapidOCR can't scale a picture of {picture.shape[1]}x{picture.shape[0]} pixels for its network"
            )
        return [_bounding_box(np.asarray(corners, dtype=np.float64)) for corners in quadrilaterals]


def find_overlays(pictures: Mapping[int, UInt8], find_text: FindText, config: OverlayConfig) -> TextOverlay:
    """Persistent, still text in RGB pictures ``frame: (h, w, 3)`` of equal size, sampled from one clip."""
    needed = max(1, math.ceil(config.presence * len(pictures)))
    text: dict[int, list[Box]] = {}
    edges: dict[int, Edges] = {}
    presence: dict[tuple[int, Box], int] = {}
    for seen, frame in enumerate(_spread(sorted(pictures)), start=1):
        edges[frame] = _edges(pictures[frame])
        text[frame] = find_text(pictures[frame])
        presence = {
            (start, box): sum(_same_region(box, edges[start], text[other], edges[other], config) for other in text)
            for start, boxes in text.items()
            for box in boxes
        }
        if max(presence.values(), default=0) + len(pictures) - seen < needed:
            break
    found = [(count, start, box) for (start, box), count in presence.items() if count >= needed]
    overlays: list[Overlay] = []
    for count, _, box in sorted(found, key=lambda item: (-item[0], item[1], item[2])):
        if all(intersection_over_union(box, kept.box) < config.overlap for kept in overlays):
            overlays.append(Overlay(box, count / len(pictures)))
    height, width = next(iter(pictures.values())).shape[:2]
    frame_area = float(height * width)
    return TextOverlay(
        overlays=overlays,
        overlay_share=union_area([overlay.box for overlay in overlays]) / frame_area,
        text_share=float(np.mean([union_area(boxes) for boxes in text.values()])) / frame_area,
        text=dict(sorted(text.items())),
    )


def _spread(frames: list[int]) -> list[int]:
    """First, last, middle, then the rest: the frames that say most about persistence come first."""
    leading = list(dict.fromkeys([frames[0], frames[-1], frames[len(frames) // 2]]))
    return leading + [frame for frame in frames if frame not in leading]


def _same_region(box: Box, here: Edges, other_text: list[Box], there: Edges, config: OverlayConfig) -> bool:
    return any(intersection_over_union(box, other) >= config.overlap for other in other_text) and (
        _correlation(_crop(here, box), _crop(there, box)) >= config.stillness
    )


def _edges(picture: UInt8) -> Edges:
    """Gradient magnitude of the luma, ``(h, w)``."""
    import cv2

    luma = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return np.asarray(np.hypot(cv2.Sobel(luma, cv2.CV_32F, 1, 0), cv2.Sobel(luma, cv2.CV_32F, 0, 1)), dtype=np.float32)


def _crop(edges: Edges, box: Box) -> Edges:
    return edges[math.floor(box[1]) : math.ceil(box[3]), math.floor(box[0]) : math.ceil(box[2])]


def _correlation(first: Edges, second: Edges) -> float:
    """Pearson correlation of two pictures at equal pixels; 0 where one of them is plain."""
    a = first.astype(np.float64) - first.mean(dtype=np.float64)
    b = second.astype(np.float64) - second.mean(dtype=np.float64)
    scale = math.sqrt(float((a * a).sum()) * float((b * b).sum()))
    return float((a * b).sum()) / scale if scale > 0 else 0.0


def _bounding_box(corners: NDArray[np.float64]) -> Box:
    (x1, y1), (x2, y2) = corners.min(axis=0), corners.max(axis=0)
    return float(x1), float(y1), float(x2), float(y2)
