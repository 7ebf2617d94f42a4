"""What a detector reports about one frame, and the names of its landmarks.

Coordinates are pixels of the image that was looked at: x to the right, y down, the centre of the top left pixel at
(0.5, 0.5). World coordinates are metres in axes parallel to the image's (x right, y down, z away from the camera).
Left and right are always the person's own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

Float = NDArray[np.float64]

FACE_KEYPOINTS = ("right_eye", "left_eye", "nose", "mouth", "right_ear", "left_ear")
HAND_LANDMARKS = 21
BODY_LANDMARKS = 33


class Side(IntEnum):
    """A hand of the person; the value is its index in arrays."""

    LEFT = 0
    RIGHT = 1


class Source(IntEnum):
    """Where a frame's value comes from; the value is what `landmarks.npz` stores."""

    NONE = 0
    """Not seen and not filled in."""
    DETECTED = 1
    """Found in the whole frame."""
    CROP = 2
    """Found by the second look, in a crop around the wrist."""
    INTERPOLATED = 3
    """Filled in between two detections."""
    POSE = 4
    """A box from the body's wrist and finger points alone: the hand is there, its landmarks were not found."""


class BodyLandmark(IntEnum):
    """The body landmarks that this stage uses, by their index among BlazePose's 33."""

    NOSE = 0
    LEFT_SHOULDER = 11
    RIGHT_SHOULDER = 12
    LEFT_ELBOW = 13
    RIGHT_ELBOW = 14
    LEFT_WRIST = 15
    RIGHT_WRIST = 16
    LEFT_PINKY = 17
    RIGHT_PINKY = 18
    LEFT_INDEX = 19
    RIGHT_INDEX = 20
    LEFT_THUMB = 21
    RIGHT_THUMB = 22
    LEFT_HIP = 23
    RIGHT_HIP = 24


ELBOWS = (BodyLandmark.LEFT_ELBOW, BodyLandmark.RIGHT_ELBOW)
WRISTS = (BodyLandmark.LEFT_WRIST, BodyLandmark.RIGHT_WRIST)
HAND_POINTS = (
    (BodyLandmark.LEFT_WRIST, BodyLandmark.LEFT_PINKY, BodyLandmark.LEFT_INDEX, BodyLandmark.LEFT_THUMB),
    (BodyLandmark.RIGHT_WRIST, BodyLandmark.RIGHT_PINKY, BodyLandmark.RIGHT_INDEX, BodyLandmark.RIGHT_THUMB),
)
"""The body's own points on each hand, left then right."""
KNUCKLES = (
    (BodyLandmark.LEFT_PINKY, BodyLandmark.LEFT_INDEX),
    (BodyLandmark.RIGHT_PINKY, BodyLandmark.RIGHT_INDEX),
)
"""Those at its middle."""


@dataclass(frozen=True)
class Face:
    """One face: ``box`` (4,) as x1, y1, x2, y2; ``keypoints`` (6, 2) in the order of `FACE_KEYPOINTS`; ``score`` in
    0..1."""

    box: Float
    keypoints: Float
    score: float

    def moved(self, place: Callable[[Float], Float]) -> Face:
        """The same face in another image, whose points are ``place(points)``."""
        return replace(self, box=place(self.box.reshape(2, 2)).reshape(4), keypoints=place(self.keypoints))


@dataclass(frozen=True)
class Hand:
    """One hand.

    ``image`` (21, 2) pixels; ``world`` (21, 3) metres around the hand's own centre; ``leftness`` in 0..1, the
    detector's belief that it is the person's left hand; ``score`` in 0..1; ``source`` tells which look found it.
    """

    image: Float
    world: Float
    leftness: float
    score: float
    source: Source = Source.DETECTED

    @property
    def box(self) -> Float:
        """The tight box around the landmarks, (4,)."""
        return np.concatenate([self.image.min(axis=0), self.image.max(axis=0)])

    @property
    def centre(self) -> Float:
        """Mean of the landmarks, (2,)."""
        centre: Float = self.image.mean(axis=0)
        return centre

    @property
    def size(self) -> float:
        """The longer side of the tight box, pixels."""
        box = self.box
        return float(max(box[2] - box[0], box[3] - box[1]))

    def moved(self, place: Callable[[Float], Float], source: Source | None = None) -> Hand:
        """The same hand in another image, whose points are ``place(points)``."""
        return replace(self, image=place(self.image), source=self.source if source is None else source)


@dataclass(frozen=True)
class Body:
    """One body: ``image`` (33, 2) pixels, ``world`` (33, 3) metres around the middle of the hips, ``visibility``
    (33,) in 0..1."""

    image: Float
    world: Float
    visibility: Float

    def moved(self, place: Callable[[Float], Float]) -> Body:
        """The same body in another image, whose points are ``place(points)``."""
        return replace(self, image=place(self.image))


@dataclass(frozen=True)
class Detections:
    """All that was found in one image. The detector knows one body at most."""

    faces: tuple[Face, ...]
    hands: tuple[Hand, ...]
    body: Body | None


class PeopleDetector(Protocol):
    """Finds faces, hands and a body in single images.

    The answer depends on the image alone, never on images seen before, so that it is the same in any process and order.
    Images are ``(H, W, 3)`` uint8 RGB, contiguous.
    """

    def detect(self, image: NDArray[np.uint8]) -> Detections:
        """Everything in a whole frame."""

    def detect_hands(self, image: NDArray[np.uint8]) -> tuple[Hand, ...]:
        """Hands in a crop, where one is expected: finds fainter ones than `detect`."""

    def close(self) -> None:
        """Let go of the models."""
