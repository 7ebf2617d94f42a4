"""The embedded detector: MediaPipe's legacy solutions, whose weights are in its wheel."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from cointeract_curation.stages.people.records import FACE_KEYPOINTS, Body, Detections, Face, Float, Hand

if TYPE_CHECKING:
    from numpy.typing import NDArray

FULL_RANGE_FACES = 1
POSE_COMPLEXITY = 1
"""The only pose model in the wheel: 0 and 2 would be downloaded."""
HAND_COMPLEXITY = 1
CROP_HANDS = 2


class MediaPipeDetector:
    """MediaPipe 0.10.21 face detection, hands and pose, each frame on its own (``static_image_mode``).

    An instance belongs to one thread. MediaPipe names hands as in a mirror (its "Left" in an ordinary video is the
    person's right hand); what leaves here is the person's own side.
    """

    def __init__(
        self,
        *,
        max_hands: int,
        face_confidence: float,
        hand_confidence: float,
        crop_confidence: float,
        pose_confidence: float,
    ) -> None:
        # Heavy import: kept out of the module so that naming the stage stays light. The level must be set before it.
        os.environ.setdefault("GLOG_minloglevel", "3")
        from mediapipe import solutions

        self._faces: Any = solutions.face_detection.FaceDetection(
            model_selection=FULL_RANGE_FACES, min_detection_confidence=face_confidence
        )
        self._hands: Any = solutions.hands.Hands(
            static_image_mode=True,
            max_num_hands=max_hands,
            model_complexity=HAND_COMPLEXITY,
            min_detection_confidence=hand_confidence,
        )
        self._crop_hands: Any = solutions.hands.Hands(
            static_image_mode=True,
            max_num_hands=CROP_HANDS,
            model_complexity=HAND_COMPLEXITY,
            min_detection_confidence=crop_confidence,
        )
        self._pose: Any = solutions.pose.Pose(
            static_image_mode=True, model_complexity=POSE_COMPLEXITY, min_detection_confidence=pose_confidence
        )

    def detect(self, image: NDArray[np.uint8]) -> Detections:
        """Everything in a whole frame, coordinates in its pixels."""
        return Detections(
            faces=self._find_faces(image), hands=_find_hands(self._hands, image), body=self._find_body(image)
        )

    def detect_hands(self, image: NDArray[np.uint8]) -> tuple[Hand, ...]:
        """Hands in a crop, coordinates in its pixels."""
        return _find_hands(self._crop_hands, image)

    def close(self) -> None:
        """Close the four graphs."""
        for solution in (self._faces, self._hands, self._crop_hands, self._pose):
            solution.close()

    def _find_faces(self, image: NDArray[np.uint8]) -> tuple[Face, ...]:
        size = _size(image)
        found = self._faces.process(image).detections or ()
        faces = []
        for detection in found:
            box = detection.location_data.relative_bounding_box
            corners = np.array([[box.xmin, box.ymin], [box.xmin + box.width, box.ymin + box.height]], np.float64)
            points = np.array([[point.x, point.y] for point in detection.location_data.relative_keypoints], np.float64)
            if points.shape != (len(FACE_KEYPOINTS), 2):
                raise RuntimeError(
                    f"the face detector gave {points.shape} key points, expected {(len(FACE_KEYPOINTS), 2)}: "
                    "install mediapipe 0.10.21"
                )
            faces.append(
                Face(box=(corners * size).reshape(4), keypoints=points * size, score=float(detection.score[0]))
            )
        return tuple(faces)

    def _find_body(self, image: NDArray[np.uint8]) -> Body | None:
        found = self._pose.process(image)
        if found.pose_landmarks is None:
            return None
        points = _landmarks(found.pose_landmarks)
        visibility = np.array([point.visibility for point in found.pose_landmarks.landmark], np.float64)
        return Body(
            image=points[:, :2] * _size(image), world=_landmarks(found.pose_world_landmarks), visibility=visibility
        )


def _find_hands(solution: Any, image: NDArray[np.uint8]) -> tuple[Hand, ...]:
    found = solution.process(image)
    if not found.multi_hand_landmarks:
        return ()
    hands = []
    for landmarks, world, handedness in zip(
        found.multi_hand_landmarks, found.multi_hand_world_landmarks, found.multi_handedness, strict=True
    ):
        label = handedness.classification[0]
        mirrored_right = label.label == "Right"
        leftness = label.score if mirrored_right else 1.0 - label.score
        points = _landmarks(landmarks)[:, :2] * _size(image)
        hands.append(Hand(image=points, world=_landmarks(world), leftness=float(leftness), score=float(label.score)))
    return tuple(hands)


def _landmarks(message: Any) -> Float:
    return np.array([[point.x, point.y, point.z] for point in message.landmark], np.float64)


def _size(image: NDArray[np.uint8]) -> Float:
    return np.array([image.shape[1], image.shape[0]], np.float64)
