"""Where the forearms are: skin or a sleeve is to be expected there, not the object."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.fit import BodyFit
from cointeract_curation.stages.object.hands import Hands
from cointeract_curation.stages.object.view import View

SIDES = ("left", "right")
ARM_WIDTH = 0.75
"""Of the palm's length."""


def forearm_map(fit: BodyFit, hands: Hands, view: View) -> NDArray[np.float32]:
    """(T, h, w) ones from the elbows of the fitted body to the wrists, which are the hands' own where these were seen."""
    import cv2

    out = np.zeros((view.frames, *view.shape), np.uint8)
    if not fit.fitted.any():
        return out.astype(np.float32)
    scale = np.array(view.scale)
    for side, name in enumerate(SIDES):
        elbows, wrists = (
            fit.keypoints_2d[:, fit.keypoint_names.index(f"{name}_{part}")] * scale for part in ("elbow", "wrist")
        )
        for frame in np.flatnonzero(np.isfinite(elbows).all(axis=1) & hands.present[:, side]):
            own = hands.points[frame, side, 0]
            start, end = elbows[frame], own if np.isfinite(own).all() else wrists[frame]
            width = max(1, round(ARM_WIDTH * float(hands.size[frame, side])))
            if np.isfinite(end).all():
                cv2.line(out[frame], whole(start), whole(end), 1, width)
    return out.astype(np.float32)


def whole(point: NDArray[np.floating]) -> tuple[int, int]:  # type: ignore[type-arg]
    """The pixel (x, y) that a point lies in."""
    return int(point[0]), int(point[1])
