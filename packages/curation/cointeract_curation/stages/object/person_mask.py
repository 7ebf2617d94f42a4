"""The person with what they hold, against the background: MediaPipe's selfie segmentation, whose weights are in its wheel."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.object.view import Bytes

GENERAL = 0
"""The model for pictures of any shape, 256x256; 1 is for landscape."""


class PersonMasker:
    """Looks at single frames; the answer depends on the frame alone."""

    def __init__(self) -> None:
        os.environ.setdefault("GLOG_minloglevel", "3")
        from mediapipe import solutions

        self._model: Any = solutions.selfie_segmentation.SelfieSegmentation(model_selection=GENERAL)

    def masks(self, rgb: Bytes) -> NDArray[np.float32]:
        """(T, h, w) from 0, background, to 1 of frames (T, h, w, 3)."""
        return np.stack([np.asarray(self._model.process(frame).segmentation_mask, np.float32) for frame in rgb])

    def close(self) -> None:
        """Let go of the model."""
        self._model.close()
