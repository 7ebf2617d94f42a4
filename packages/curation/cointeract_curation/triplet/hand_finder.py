"""Finds hands in a reference. MediaPipe's weights are inside of its wheel."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from cointeract_curation.triplet.clip import Picture

CONFIDENCE = 0.6
MOST_HANDS = 2


class HandFinder:
    """MediaPipe's hand landmarker, each picture on its own."""

    def __init__(self) -> None:
        # The level must be set before the import.
        os.environ.setdefault("GLOG_minloglevel", "3")
        from mediapipe.python.solutions import hands

        self._detector: Any = hands.Hands(
            static_image_mode=True, max_num_hands=MOST_HANDS, min_detection_confidence=CONFIDENCE
        )

    def count(self, picture: Picture) -> int:
        """How many hands an RGB picture shows, two at most."""
        return len(self._detector.process(np.ascontiguousarray(picture)).multi_hand_landmarks or ())

    def close(self) -> None:
        """Let go of the model."""
        self._detector.close()
