"""Measures of curation against exact truth: pure functions of arrays.

T frames. Masks are (H, W) bool. Boxes are (T, 4) x1, y1, x2, y2 in pixels, NaN where there is none. Points are (T, K, 2)
pixels, NaN where there is none. A measure that nothing can be said about is NaN, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

RECALL_IOU = 0.5
"""Least overlap with the true box for a hand or face to count as found (PASCAL VOC's)."""
SWAP_MARGIN = 0.1
"""How much more a box overlaps the other hand than its own for it to count as swapped."""
LEFT, RIGHT = 0, 1


def mask_iou(predicted: Bools | None, true: Bools | None) -> float:
    """Intersection over union of two masks; None is an empty one. NaN where both are empty."""
    if predicted is None or true is None:
        other = predicted if true is None else true
        return 0.0 if other is not None and other.any() else float("nan")
    union = np.count_nonzero(predicted | true)
    return float(np.count_nonzero(predicted & true) / union) if union else float("nan")


def mask_iou_outside(predicted: Bools, true: Bools, ignored: Bools) -> float:
    """As `mask_iou`, over the pixels that aren't ignored."""
    return mask_iou(predicted & ~ignored, true & ~ignored)


def box_iou(predicted: Floats, true: Floats) -> Floats:
    """(T,): overlap of boxes; 0 where only one of the two is there, NaN where neither is."""
    low = np.maximum(predicted[:, :2], true[:, :2])
    high = np.minimum(predicted[:, 2:], true[:, 2:])
    inside = np.prod(np.maximum(high - low, 0), axis=1)
    union = _area(predicted) + _area(true) - inside
    overlap = inside / np.where(union > 0, union, np.nan)
    here, there = np.isfinite(predicted).all(axis=1), np.isfinite(true).all(axis=1)
    return np.where(here & there, overlap, np.where(here ^ there, 0.0, np.nan))


def _area(boxes: Floats) -> Floats:
    return np.asarray(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1))


def box_recall(predicted: Floats, true: Floats, at: float = RECALL_IOU) -> Floats:
    """(T,): 1 where the true box is found at an overlap of `at`, 0 where not, NaN where there is no true box."""
    there = np.isfinite(true).all(axis=1)
    return np.where(there, (box_iou(predicted, true) >= at).astype(float), np.nan)


def matched_iou(predicted: Floats, true: Floats) -> Floats:
    """(T,): overlap where there is a true box (0 for a missing prediction), NaN elsewhere."""
    return np.where(np.isfinite(true).all(axis=1), box_iou(predicted, true), np.nan)


def false_boxes(predicted: Floats, true: Floats) -> Floats:
    """(T,): 1 where a box is predicted though nothing is there, 0 where rightly none is; NaN where there is a true box."""
    return np.where(np.isfinite(true).all(axis=1), np.nan, np.isfinite(predicted).all(axis=1).astype(float))


def swapped(predicted: Floats, true: Floats) -> Floats:
    """(T, 2): 1 where a hand's box (T, 2, 4) lies on the person's other hand, 0 where on its own, NaN where on neither."""
    out = np.full(predicted.shape[:2], np.nan)
    for side in (LEFT, RIGHT):
        own = np.nan_to_num(box_iou(predicted[:, side], true[:, side]))
        other = np.nan_to_num(box_iou(predicted[:, side], true[:, 1 - side]))
        out[:, side] = np.where(np.maximum(own, other) > 0, (other > own + SWAP_MARGIN).astype(float), np.nan)
    return out


def torso_length(shoulders: Floats, hips: Floats) -> float:
    """Pixels from the middle of the shoulders (T, 2, 2) to the middle of the hips (T, 2, 2), median over the clip."""
    way = np.linalg.norm(shoulders.mean(axis=1) - hips.mean(axis=1), axis=-1)
    return float(np.nanmedian(way)) if np.isfinite(way).any() else float("nan")


def joint_errors(predicted: Floats, true: Floats, visible: Bools, torso: float) -> Floats:
    """(T, K): distance in torso lengths, NaN where the joint isn't visible or wasn't predicted."""
    return np.where(visible, np.linalg.norm(predicted - true, axis=-1) / torso, np.nan)


def jitter(predicted: Floats, true: Floats, torso: float) -> Floats:
    """(T - 2, K): how much the error's acceleration shakes, in torso lengths a frame squared (as in Kanazawa et al. 2019)."""
    error = predicted - true
    return np.asarray(np.linalg.norm(error[2:] - 2 * error[1:-1] + error[:-2], axis=-1) / torso)


@dataclass(frozen=True)
class Counts:
    """Yes and no answers against truth; they add up over clips."""

    true_positive: int = 0
    false_positive: int = 0
    false_negative: int = 0
    true_negative: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.true_positive + other.true_positive,
            self.false_positive + other.false_positive,
            self.false_negative + other.false_negative,
            self.true_negative + other.true_negative,
        )

    @property
    def precision(self) -> float:
        """Share of the yes answers that are right."""
        said = self.true_positive + self.false_positive
        return self.true_positive / said if said else float("nan")

    @property
    def recall(self) -> float:
        """Share of what is there that was answered yes."""
        there = self.true_positive + self.false_negative
        return self.true_positive / there if there else float("nan")

    @property
    def f1(self) -> float:
        """Harmonic mean of the two; NaN where nothing is there and nothing was said."""
        both = 2 * self.true_positive + self.false_positive + self.false_negative
        return 2 * self.true_positive / both if both else float("nan")


def count_answers(predicted: Bools, true: Bools) -> Counts:
    """Compare answers elementwise."""
    return Counts(
        int(np.count_nonzero(predicted & true)),
        int(np.count_nonzero(predicted & ~true)),
        int(np.count_nonzero(~predicted & true)),
        int(np.count_nonzero(~predicted & ~true)),
    )


def auc(good: Floats, bad: Floats) -> float:
    """Probability that a good one scores above a bad one, ties half (the area under the ROC curve). NaN without either."""
    if not len(good) or not len(bad):
        return float("nan")
    above = (good[:, None] > bad[None]).mean()
    ties = (good[:, None] == bad[None]).mean()
    return float(above + 0.5 * ties)


def mean(values: Floats) -> float:
    """Mean over what isn't NaN; NaN where nothing is left."""
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if finite.size else float("nan")
