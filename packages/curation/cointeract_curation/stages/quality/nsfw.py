"""Nudity, with NudeNet. An extra that is never a default: its wheel is licensed under the AGPL-3.0."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.core.errors import ConfigurationError
from cointeract_curation.stages.quality.inference import single_threaded_session

# nudenet is imported inside functions: it is an optional extra, and light commands stay light.

EXPOSED = frozenset(
    {
        "ANUS_EXPOSED",
        "BUTTOCKS_EXPOSED",
        "FEMALE_BREAST_EXPOSED",
        "FEMALE_GENITALIA_EXPOSED",
        "MALE_GENITALIA_EXPOSED",
    }
)
"""Those of NudeNet's classes that make a clip unfit. Feet, belly, armpits and a man's chest don't."""

MODEL_FILE = "320n.onnx"


def require_nudenet() -> None:
    """Raise `ConfigurationError` where NudeNet is not installed."""
    if importlib.util.find_spec("nudenet") is None:
        raise ConfigurationError(
            "quality.nsfw is on, but NudeNet is not installed. It is the extra `nsfw`, licensed under the AGPL-3.0: "
            'pip install "cointeract-curation[nsfw]", or set quality.nsfw to false'
        )


class NudityDetector:
    """NudeNet's 320 pixel detector on one thread."""

    def __init__(self) -> None:
        require_nudenet()
        import nudenet

        self._detector: Any = nudenet.NudeDetector()
        # The library gives no access to the session's options, and its own session uses every core.
        self._detector.onnx_session = single_threaded_session(Path(nudenet.__file__).parent / MODEL_FILE)

    def highest_score(self, pictures: Iterable[NDArray[np.uint8]]) -> float:
        """Highest score (0..1) of an exposed class over RGB pictures ``(h, w, 3)``, 0 where none is found."""
        scores = [
            float(detection["score"])
            for picture in pictures
            for detection in self._detector.detect(np.ascontiguousarray(picture[..., ::-1]))  # BGR, as from cv2.imread
            if detection["class"] in EXPOSED
        ]
        return max(scores, default=0.0)
