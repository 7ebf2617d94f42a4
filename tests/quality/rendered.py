"""Measures of one clip of rendered footage against its truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.quality.clip_truth import ClipTruth
from tests.quality.found import Found
from tests.quality.measures import (
    LEFT,
    RIGHT,
    Counts,
    box_recall,
    count_answers,
    false_boxes,
    jitter,
    joint_errors,
    mask_iou,
    matched_iou,
    mean,
    swapped,
    torso_length,
)

Floats = NDArray[np.float64]

SIDES = ("left", "right")


@dataclass(frozen=True)
class Measured:
    """What one clip came to. Arrays are over its T frames, NaN where a frame says nothing."""

    kind: str
    frames: dict[str, Floats]
    """(T, ...) by measure."""
    contact: Counts
    """Hands that touch the product, over frames and sides."""

    def value(self, name: str) -> float:
        """Mean of a measure over the clip."""
        return mean(self.frames[name])


def measure_clip(found: Found, truth: ClipTruth) -> Measured:
    """Everything that truth can be held against."""
    frames = range(truth.frames)
    handled = truth.contact_known.any()  # a product that nobody is there to handle is none to be found
    objects = [
        mask_iou(found.object_mask(frame), truth.mask("object", frame) if handled else None) for frame in frames
    ]
    bodies = [mask_iou(found.silhouette(frame), truth.mask("body", frame)) for frame in frames]
    rows = [found.fit.keypoint_names.index(name) for name in truth.keypoint_names]
    joints = found.fit.keypoints_2d[:, rows].astype(float)
    torso = torso_length(*(_pair(truth, name) for name in ("shoulder", "hip")))
    inside = ((truth.keypoints >= 0) & (truth.keypoints < truth.size)).all(axis=-1)
    visible = truth.keypoints_visible & inside
    measured: dict[str, Floats] = {
        "object_iou": np.array(objects),
        "body_iou": np.array(bodies),
        "joint_error": joint_errors(joints, truth.keypoints, visible, torso),
        "hand_point_error": joint_errors(found.fit.hands_2d.astype(float), truth.hand_points, truth.hand_points_visible, torso),
        "jitter": jitter(joints, truth.keypoints, torso),
        "face_iou": matched_iou(found.face, truth.face),
        "face_recall": box_recall(found.face, truth.face),
        "face_false": false_boxes(found.face, truth.face),
        "swaps": swapped(found.hands, truth.hands),
    }
    for number, side in ((LEFT, "left"), (RIGHT, "right")):
        measured[f"{side}_hand_iou"] = matched_iou(found.hands[:, number], truth.hands[:, number])
        measured[f"{side}_hand_recall"] = box_recall(found.hands[:, number], truth.hands[:, number])
        measured[f"{side}_hand_false"] = false_boxes(found.hands[:, number], truth.hands[:, number])
    # Contact can be told only where the picture shows both.
    seen = np.isfinite(truth.object_box).all(axis=1)[:, None] & np.isfinite(truth.hands).all(axis=2)
    known = truth.contact_known & seen
    return Measured(truth.kind, measured, count_answers(found.contact[known], truth.contact[known]))


def _pair(truth: ClipTruth, name: str) -> Floats:
    """(T, 2, 2) the left and right keypoint of a name."""
    return np.stack([truth.keypoint(f"{side}_{name}") for side in SIDES], axis=1)
