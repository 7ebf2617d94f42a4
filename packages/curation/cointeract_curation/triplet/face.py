"""Faces by MediaPipe's six keypoints: right eye, left eye, nose, mouth, right ear, left ear; the person's own sides."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.triplet.clip import HandledClip, Picture

Floats32 = NDArray[np.float32]

CROP = 96
"""Side, in pixels, of an aligned face."""
RIGHT_EYE, LEFT_EYE, NOSE, MOUTH = 0, 1, 2, 3
TEMPLATE = np.array([[0.34, 0.38], [0.66, 0.38], [0.5, 0.78]], np.float32) * CROP
"""Where right eye, left eye and mouth lie in an aligned face."""
LEAST_EYE = 4
"""Pixels of the square around an eye below which it shows nothing."""
EYE_BOX = 0.32
"""Side of the square around an eye, as a share of the distance between the eyes."""


def aligned_face(picture: Picture, keypoints: Floats32) -> NDArray[np.uint8]:
    """The face of an RGB picture with keypoints (6, 2), brought to (96, 96, 3) by a similarity on eyes and mouth."""
    import cv2

    to_crop = _similarity(keypoints[[RIGHT_EYE, LEFT_EYE, MOUTH]].astype(np.float64), TEMPLATE.astype(np.float64))
    warped = cv2.warpAffine(picture, to_crop, (CROP, CROP), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped)


def _similarity(start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
    """(2, 3) the rotation, scale and shift that bring points (N, 2) closest to others, in least squares."""
    rows = []
    for x, y in start:
        rows += [[x, -y, 1, 0], [y, x, 0, 1]]
    turn, twist, right, down = np.linalg.lstsq(np.array(rows), end.reshape(-1), rcond=None)[0]
    return np.array([[turn, -twist, right], [twist, turn, down]])


def frontality(keypoints: Floats32) -> float:
    """0..1: how far a face with keypoints (6, 2) looks at the camera. 1: the nose lies midway between the eyes; 0: beyond one."""
    right, left, nose = (keypoints[index].astype(np.float64) for index in (RIGHT_EYE, LEFT_EYE, NOSE))
    across = left - right
    length = float(np.linalg.norm(across))
    if length < 1:
        return 0.0
    place = float(np.dot(nose - right, across)) / length**2
    return float(np.clip(1 - abs(place - 0.5) / 0.5, 0, 1))


def eye_openness(clip: HandledClip, frame: int) -> float | None:
    """Contrast of the eyes' surroundings, 0..1: an open eye shows white and dark, a closed one skin and lashes.

    It only compares frames of one clip. None where the eyes are too small or outside of the picture.
    """
    import cv2

    keypoints = clip.landmarks.face_keypoints[frame]
    half = EYE_BOX * float(np.linalg.norm(keypoints[LEFT_EYE] - keypoints[RIGHT_EYE])) / 2
    found = []
    for eye in (RIGHT_EYE, LEFT_EYE):
        x, y = keypoints[eye]
        left, right, top, bottom = (round(float(value)) for value in (x - half, x + half, y - half, y + half))
        if (
            min(left, top) < 0
            or right > clip.width
            or bottom > clip.height
            or min(right - left, bottom - top) < LEAST_EYE
        ):
            return None
        patch = np.ascontiguousarray(clip.frames[frame][top:bottom, left:right])
        grey = cv2.cvtColor(patch, cv2.COLOR_RGB2GRAY).astype(np.float64)
        found.append(float(grey.std()) / 128)
    return min(found)
