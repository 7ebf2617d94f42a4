"""How far BlazePose's points can be trusted: its trunk, told by the size of the face, and its arms, told by the hands.

A product held into the camera hides the chest, and what BlazePose then takes for shoulders and hips creeps towards the face, with
full confidence. A head keeps its size, so the trunk is measured in heads: where it is much shorter than in the clip's other frames, or
shorter than an adult's can be, it is a guess. An arm whose hand isn't seen is a guess more often than its visibility says.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.landmarks import Landmarks

Floats = NDArray[np.float64]

EYES, EYES_TO_MOUTH, EARS = 0.063, 0.07, 0.14
"""Metres between the face detector's points on an adult (the distance of pupils is 0.063 m on average; the others are measured on
livestreams relative to it). Turning the head shortens one or the other, so the largest of the three tells its size."""
HEAD_FRAMES, HEAD_SHARE = 25, 75
"""A head's size is this percentile over so many frames: a profile shows less of it. Farther from a face nothing is told by it."""
TURNED, FRONTAL = 0.6, 0.85
"""Shares of a head's size that its eyes show: a face in profile up to the one, which tells no size, and a frontal one from the other."""
USUAL_SHARE = 80
"""The percentile of the clip's frames that tells the person's own proportions, within these bounds: hiding shortens a trunk."""
SHOULDERS_DOWN, HIPS_ALONG = (0.12, 0.17), (0.34, 0.36)
"""Metres, at the head's scale, from the ears (which nodding moves little) down to the middle of the shoulders, and from there to the
hips, in the picture of an upright adult: the least where the head is nearer to the camera, and what is enough."""
GUESS, SURE = 0.8, 0.95
"""Shares of the usual length up to which a trunk is a guess, and from which it is as good as any."""
LEAST_TRUST = 0.05
WORST_FRAMES = 7
"""A guess comes close to the truth for a frame by chance: the worst of so many counts."""
BODY_LANDMARKS = 33
EAR_POINTS, SHOULDER_POINTS, HIP_POINTS = [7, 8], [11, 12], [23, 24]
"""Of BlazePose's landmarks, whose arms follow the shoulders and whose legs follow the hips."""
ARMS = ([13, 15], [14, 16])
"""Elbow and wrist, left then right."""
ON_HAND = 0.5
"""Of a hand's box: how far around it a wrist still lies on it."""
CLEAR_ELBOW = 0.9
"""Visibility from which an arm is believed though it ends on the other hand."""


def trunk_trust(landmarks: Landmarks, head: Floats) -> Floats:
    """(T, 33) of BlazePose's points: LEAST_TRUST to 1. Arms go with the shoulders, legs with the hips; 1 where nothing tells.

    ``head`` (T,) is the scale of `head_scale`.
    """
    trust = np.ones((landmarks.frames, BODY_LANDMARKS))
    seen = (landmarks.body_source > 0) & np.isfinite(landmarks.body_image).all(axis=(1, 2)) & np.isfinite(head)
    if not seen.any():
        return trust
    image, scale = landmarks.body_image[seen].astype(np.float64), head[seen]
    ears, shoulders, hips = (image[:, pair].mean(axis=1) for pair in (EAR_POINTS, SHOULDER_POINTS, HIP_POINTS))
    down = np.maximum(shoulders[:, 1] - ears[:, 1], 0.0) / scale
    along = np.linalg.norm(hips - shoulders, axis=1) / scale
    trust[seen, SHOULDER_POINTS[0] : HIP_POINTS[0]] = _trust(down, SHOULDERS_DOWN)[:, None]
    trust[seen, HIP_POINTS[0] :] = _trust(along, HIPS_ALONG)[:, None]
    return trust


def _trust(lengths: Floats, bounds: tuple[float, float]) -> Floats:
    from scipy.ndimage import minimum_filter1d

    usual = float(np.clip(np.percentile(lengths, USUAL_SHARE), *bounds))
    trust = np.clip((lengths / usual - GUESS) / (SURE - GUESS), 0.0, 1.0)
    return np.asarray(np.maximum(minimum_filter1d(trust, WORST_FRAMES, mode="nearest") ** 2, LEAST_TRUST))


def head_scale(landmarks: Landmarks) -> tuple[Floats, Floats]:
    """The picture's scale at the head by its size (T,), pixels per metre, and how frontal the face is (T,), 0 to 1.

    The scale is NaN, and the face not frontal, more than HEAD_FRAMES / 2 from any frame with a face.
    """
    from scipy.ndimage import percentile_filter

    points = landmarks.face_keypoints.astype(np.float64)
    found = np.flatnonzero((landmarks.face_source > 0) & np.isfinite(points).all(axis=(1, 2)))
    frames = np.arange(landmarks.frames)
    if not len(found):
        return np.full(landmarks.frames, np.nan), np.zeros(landmarks.frames)
    right_eye, left_eye, _, mouth, right_ear, left_ear = np.moveaxis(points[found], 1, 0)
    eyes = np.linalg.norm(right_eye - left_eye, axis=1) / EYES
    mouths = np.linalg.norm((right_eye + left_eye) / 2 - mouth, axis=1) / EYES_TO_MOUTH
    ears = np.linalg.norm(right_ear - left_ear, axis=1) / EARS
    size = np.interp(frames, found, np.maximum(np.maximum(eyes, mouths), ears))
    scale = np.asarray(percentile_filter(size, HEAD_SHARE, size=HEAD_FRAMES, mode="nearest"))
    frontal = np.zeros(landmarks.frames)
    frontal[found] = np.clip((eyes / scale[found] - TURNED) / (FRONTAL - TURNED), 0.0, 1.0)
    far = np.abs(frames[:, None] - found).min(axis=1) > HEAD_FRAMES // 2
    return np.where(far, np.nan, scale), frontal


def arm_trust(landmarks: Landmarks) -> Floats:
    """(T, 33), 1 but for elbow and wrist of an arm whose hand isn't seen.

    There it falls with the visibility, and is 0 where the arm ends on the person's other hand: of an arm that hangs out of the picture
    BlazePose often makes a second one to the hand that shows.
    """
    trust = np.ones((landmarks.frames, BODY_LANDMARKS))
    visibility = np.nan_to_num(landmarks.body_visibility.astype(np.float64))
    for side, arm in enumerate(ARMS):
        elbow, wrist = arm
        box = landmarks.hand_box[:, 1 - side].astype(np.float64)
        around = ON_HAND * (box[:, 2:] - box[:, :2]).max(axis=1, keepdims=True)
        place = landmarks.body_image[:, wrist]
        on_other = ((place > box[:, :2] - around) & (place < box[:, 2:] + around)).all(axis=1)
        # squared on top of the weight that visibility is in any case
        doubt = np.where((on_other & (visibility[:, elbow] < CLEAR_ELBOW))[:, None], 0.0, visibility[:, arm] ** 2)
        trust[:, arm] = np.where((landmarks.hand_source[:, side] == 0)[:, None], doubt, 1.0)
    return trust
