"""What a fit is drawn to: pixels, directions, and how far each is trusted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.body import keypoint_labels
from cointeract_curation.human.landmarks import Landmarks
from cointeract_curation.stages.body.trust import arm_trust, head_scale, trunk_trust

Floats = NDArray[np.float64]

# COCO keypoints by BlazePose's number. Its hips lie above COCO's by about a tenth of the torso, seen on rendered people.
BODY = {
    "left_shoulder": 11, "right_shoulder": 12, "left_elbow": 13, "right_elbow": 14, "left_wrist": 15, "right_wrist": 16,
    "left_hip": 23, "right_hip": 24, "left_knee": 25, "right_knee": 26, "left_ankle": 27, "right_ankle": 28,
    "nose": 0, "left_eye": 2, "right_eye": 5, "left_ear": 7, "right_ear": 8,
}  # fmt: skip
HIPS_LOWER = 0.09  # of the torso's length, along it
ELBOWS_LOWER = -0.025
FACE = {"right_eye": 0, "left_eye": 1, "nose": 2, "right_ear": 4, "left_ear": 5}  # of the face detector's keypoints
SPREAD = {"shoulder": 0.02, "elbow": 0.04, "wrist": 0.06, "hip": 0.05, "knee": 0.08, "ankle": 0.1}
FACE_SPREAD = 0.02
HAND_SPREAD = 0.012
"""Standard deviations of landmarks, as shares of the torso's length in pixels (measured on rendered people)."""
INSIDE = 0.02  # of the picture: a landmark this far outside of it is a guess
LEAST_VISIBILITY = 0.3
FEW = 4
SURE_TRUST = 0.5  # below it a landmark counts as a guess
SOURCE_TRUST = np.array([0.0, 1.0, 0.8, 0.4, 0.0])
"""By where a frame's landmarks come from: none, detected, in a crop, interpolated, box only."""
# Bones whose direction BlazePose tells in three dimensions
DIRECTIONS = ((11, 13), (13, 15), (12, 14), (14, 16), (24, 23), (12, 11))


@dataclass(frozen=True)
class Targets:
    """Of T frames. Weights are 1 / standard deviation in units of the torso's length, 0 where nothing was seen."""

    torso: float  # pixels: shoulders to hips
    keypoints: Floats  # (T, K, 2) pixels, in the order of `keypoint_labels`
    keypoint_weights: Floats  # (T, K)
    keypoint_sure: NDArray[np.bool_]  # (T, K) of what was seen, all that isn't a guess
    face_size: Floats  # (T,) 1 where the face's keypoints tell its size, less where they were interpolated or in profile, 0 without them
    hands: Floats  # (T, 2, 21, 2) pixels
    hand_weights: Floats  # (T, 2)
    hand_world: Floats  # (T, 2, 21, 3) metres, camera axes; 0 where nothing was seen
    body_directions: Floats  # (T, D, 3) unit vectors of DIRECTIONS, camera axes
    body_direction_weights: Floats  # (T, D)
    seen: NDArray[np.bool_]  # (T,) frames with a body
    looked: NDArray[np.bool_]  # (T,) frames that detectors saw, or all where that isn't many


def make_targets(landmarks: Landmarks) -> Targets | None:
    """Targets from landmarks, or None where no frame shows a body."""
    seen = (landmarks.body_source > 0) & np.isfinite(landmarks.body_image).all(axis=(1, 2))
    if not seen.any():
        return None
    image = np.where(seen[:, None, None], landmarks.body_image, 0.0).astype(np.float64)
    torso_vector = image[:, [23, 24]].mean(axis=1) - image[:, [11, 12]].mean(axis=1)
    across = np.linalg.norm(image[:, 11] - image[:, 12], axis=1)
    lengths = np.maximum(np.linalg.norm(torso_vector, axis=1), across)
    torso = float(np.median(lengths[seen]))
    visibility = np.where(seen[:, None], landmarks.body_visibility, 0.0)
    head, frontal = head_scale(landmarks)
    trust = trunk_trust(landmarks, head) * SOURCE_TRUST[landmarks.body_source][:, None]
    trust *= arm_trust(landmarks)
    size = landmarks.size.astype(float)
    margin = INSIDE * size.max()
    inside = ((image > -margin) & (image < size + margin)).all(axis=-1)
    names = keypoint_labels()
    keypoints = np.zeros((len(image), len(names), 2))
    weights = np.zeros(keypoints.shape[:2])
    sure = np.zeros(weights.shape, bool)
    for name, number in BODY.items():
        part = name.split("_")[-1]
        column = names.index(name)
        keypoints[:, column] = image[:, number] + torso_vector * {"hip": HIPS_LOWER, "elbow": ELBOWS_LOWER}.get(
            part, 0.0
        )
        clear = np.where((visibility[:, number] >= LEAST_VISIBILITY) & inside[:, number], visibility[:, number], 0.0)
        weights[:, column] = clear * trust[:, number] / SPREAD.get(part, 2 * FACE_SPREAD)
        sure[:, column] = (clear > 0) & (trust[:, number] >= SURE_TRUST * SOURCE_TRUST[landmarks.body_source])
    face = landmarks.face_keypoints
    found = (landmarks.face_source > 0) & np.isfinite(face).all(axis=(1, 2))
    for name, number in FACE.items():
        column = names.index(name)
        keypoints[found, column] = face[found, number]
        sure[found, column] = True
        spread = FACE_SPREAD * (2 if name.endswith("ear") else 1)
        weights[found, column] = SOURCE_TRUST[landmarks.face_source[found]] / spread
    hand_seen = (landmarks.hand_source > 0) & np.isfinite(landmarks.hand_image).all(axis=(2, 3))
    directions = np.stack(
        [landmarks.body_world[:, end] - landmarks.body_world[:, begin] for begin, end in DIRECTIONS], 1
    )
    lengths3 = np.linalg.norm(directions, axis=-1, keepdims=True)
    directions = np.where(seen[:, None, None], directions / np.maximum(lengths3, 1e-6), 0.0)
    trusted = visibility * trust
    clear = np.stack([np.minimum(trusted[:, begin], trusted[:, end]) for begin, end in DIRECTIONS], 1)
    return Targets(
        torso=torso,
        keypoints=keypoints,
        keypoint_weights=weights,
        keypoint_sure=sure,
        face_size=np.where(found, SOURCE_TRUST[landmarks.face_source] * frontal, 0.0),
        hands=np.where(hand_seen[..., None, None], landmarks.hand_image, 0.0).astype(np.float64),
        hand_weights=np.where(hand_seen, SOURCE_TRUST[landmarks.hand_source], 0.0) / HAND_SPREAD,
        hand_world=np.where(hand_seen[..., None, None], landmarks.hand_world, 0.0).astype(np.float64),
        body_directions=directions.astype(np.float64),
        body_direction_weights=clear,
        seen=seen,
        looked=landmarks.looked & seen if (landmarks.looked & seen).sum() >= FEW else seen,
    )
