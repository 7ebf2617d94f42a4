"""How much a clip moves: by dense optical flow between small luma pictures.

Speeds are given in diagonals of the frame per second, so that neither resolution nor rate matters: at 0.1, a point
crosses a tenth of the diagonal in one second. Flow: Kroeger et al., "Fast Optical Flow using Dense Inverse Search",
ECCV 2016 (OpenCV's DIS).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from cointeract_curation.stages.quality.config import MotionConfig

# cv2 is imported inside functions so that light commands stay light.

FAST_PAIRS = 95.0
"""Percentile over pairs of frames for `Motion.p95`: how fast the fastest moments are."""

FAST_PIXELS = 95.0
"""Percentile over pixels for `Motion.local`: how fast that moves which moves, where most of the frame is still."""


@dataclass(frozen=True)
class Motion:
    """Speeds in frame diagonals per second.

    Attributes:
        mean: mean over pixels, mean over pairs of frames.
        p95: mean over pixels, 95th percentile over pairs.
        local: 95th percentile over pixels, mean over pairs.
        camera: speed of the frame's border (its median flow), mean over pairs. It stands for the camera as long as
            the person doesn't fill most of the border.
        shake: root mean square change of the border's velocity from one pair to the next. 0 for one pair.
        by_pair: ``(P,)`` mean over pixels of each pair.
    """

    mean: float
    p95: float
    local: float
    camera: float
    shake: float
    by_pair: NDArray[np.float64]


def measure_motion(luma: NDArray[np.uint8], fps: float, config: MotionConfig) -> Motion:
    """Motion in ``(T, h, w)`` luma pictures, ``T >= 2``, at ``fps`` frames per second."""
    import cv2

    stride = min(config.stride, len(luma) - 1)
    height, width = luma.shape[1:]
    per_second = fps / stride / float(np.hypot(height, width))
    border = _border(height, width, config.border_share)
    flow_of = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
    means, fast, camera = [], [], []
    for first in range(0, len(luma) - stride, stride):
        flow = np.asarray(flow_of.calc(luma[first], luma[first + stride], None), dtype=np.float32)
        speed = np.hypot(flow[..., 0], flow[..., 1])
        means.append(float(speed.mean(dtype=np.float64)))
        fast.append(float(np.percentile(speed, FAST_PIXELS)))
        camera.append(np.median(flow[border], axis=0).astype(np.float64))
    by_pair = np.array(means) * per_second
    velocity = np.array(camera) * per_second  # (P, 2)
    change = np.diff(velocity, axis=0)
    return Motion(
        mean=float(by_pair.mean()),
        p95=float(np.percentile(by_pair, FAST_PAIRS)),
        local=float(np.mean(fast)) * per_second,
        camera=float(np.hypot(velocity[:, 0], velocity[:, 1]).mean()),
        shake=float(np.sqrt((change**2).sum(axis=1).mean())) if len(change) else 0.0,
        by_pair=by_pair,
    )


def _border(height: int, width: int, share: float) -> NDArray[np.bool_]:
    rows, columns = max(1, round(height * share)), max(1, round(width * share))
    border = np.ones((height, width), dtype=bool)
    border[rows : height - rows, columns : width - columns] = False
    return border
