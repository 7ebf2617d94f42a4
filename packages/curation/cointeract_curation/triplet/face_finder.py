"""Finds faces in a reference. MediaPipe's weights are inside of its wheel."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.triplet.clip import Picture

Floats32 = NDArray[np.float32]

CONFIDENCE = 0.5
FULL_RANGE = 1


class FaceFinder:
    """MediaPipe's full-range face detector."""

    def __init__(self) -> None:
        # The level must be set before the import.
        os.environ.setdefault("GLOG_minloglevel", "3")
        from mediapipe.python.solutions import face_detection

        self._detector: Any = face_detection.FaceDetection(
            model_selection=FULL_RANGE, min_detection_confidence=CONFIDENCE
        )

    def find(self, picture: Picture) -> list[Floats32]:
        """Keypoints (6, 2) of each face in an RGB picture, in pixels, the surest first."""
        height, width = picture.shape[:2]
        found = self._detector.process(np.ascontiguousarray(picture)).detections or []
        found = sorted(found, key=lambda item: -item.score[0])
        return [
            np.array(
                [[point.x * width, point.y * height] for point in item.location_data.relative_keypoints], np.float32
            )
            for item in found
        ]

    def close(self) -> None:
        """Let go of the model."""
        self._detector.close()
