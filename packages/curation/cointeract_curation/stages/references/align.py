"""Where the product of one frame lies in another: a similarity from local features, refined on the pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.references.crop import Crop, crop_around
from cointeract_curation.triplet.clip import HandledClip

Floats64 = NDArray[np.float64]
Mask = NDArray[np.bool_]

WORKING_SIDE = 200
"""Longer side, in pixels, of the product's picture that is aligned."""
FEATURES = 300
RATIO = 0.8
"""Lowe's ratio: how much nearer the best match must be than the second."""
LEAST_INLIERS = 8
REPROJECTION = 2.5
"""Pixels of the small picture within which a match agrees."""
ECC_ROUNDS = 30
ECC_STEP = 1e-4
LEAST_AGREEMENT = 0.85
"""Correlation of the two pictures of the product, on the pixels that both show, from which an alignment is believed."""
LEAST_SHARED = 0.3
"""Share of the target's pixels that the other frame must show as well."""

SMALLEST_CHANGE, LARGEST_CHANGE = 0.1, 10.0
"""Factor by which an alignment may change the product's area."""
EQUAL_LEVELS = 10.0
"""Grey levels within which two even surfaces are the same."""
HALF = 0.5
WHOLE = 0.99
"""Share of a resampled pixel from which it counts as wholly inside."""


def align(clip: HandledClip, frame: int, other: int) -> Floats64 | None:
    """(2, 3) affine map from pixels of ``other`` to those of ``frame``, or None where the product doesn't match."""
    here, crop_here, scale_here = _small(clip, frame)
    there, crop_there, scale_there = _small(clip, other)
    found = _by_features(there, here)
    if found is None:
        found = _by_pixels(there, here)
    if found is None or _agreement(there, here, found) < LEAST_AGREEMENT:
        return None
    into = _place(crop_there, scale_there)
    back = np.linalg.inv(_place(crop_here, scale_here))
    full = back @ np.vstack([found, [0, 0, 1]]) @ into
    turned = float(np.linalg.det(full[:2, :2]))
    return np.asarray(full[:2]) if SMALLEST_CHANGE < turned < LARGEST_CHANGE else None


_Small = tuple[NDArray[np.uint8], Mask]


def _small(clip: HandledClip, frame: int) -> tuple[_Small, Crop, float]:
    import cv2

    mask = clip.mask(frame)
    crop = crop_around(mask, 0.1, 4)
    scale = min(1.0, WORKING_SIDE / max(crop.size))
    size = (max(8, round(crop.size[1] * scale)), max(8, round(crop.size[0] * scale)))
    grey = cv2.cvtColor(np.ascontiguousarray(clip.frames[frame][crop.slices]), cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    inside = cv2.resize(mask[crop.slices].astype(np.float32), size, interpolation=cv2.INTER_AREA) > HALF
    return (small, inside), crop, scale


def _place(crop: Crop, scale: float) -> Floats64:
    """(3, 3) from pixels of the picture to those of its small crop."""
    return np.array([[scale, 0, -scale * crop.left], [0, scale, -scale * crop.top], [0, 0, 1]])


def _by_features(there: _Small, here: _Small) -> Floats64 | None:
    import cv2

    sift = cv2.SIFT.create(nfeatures=FEATURES, contrastThreshold=0.02)
    points_there, words_there = sift.detectAndCompute(there[0], there[1].astype(np.uint8))
    points_here, words_here = sift.detectAndCompute(here[0], here[1].astype(np.uint8))
    if words_there is None or words_here is None or min(len(words_there), len(words_here)) < LEAST_INLIERS:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(words_there, words_here, k=2)
    good = [best for best, *rest in pairs if rest and best.distance < RATIO * rest[0].distance]
    if len(good) < LEAST_INLIERS:
        return None
    start = np.array([points_there[match.queryIdx].pt for match in good], np.float32)
    end = np.array([points_here[match.trainIdx].pt for match in good], np.float32)
    cv2.setRNGSeed(0)
    found, inliers = cv2.estimateAffine2D(start, end, method=cv2.RANSAC, ransacReprojThreshold=REPROJECTION)
    if found is None or int(inliers.sum()) < LEAST_INLIERS:
        return None
    return np.asarray(found, np.float64)


def _by_pixels(there: _Small, here: _Small) -> Floats64 | None:
    import cv2

    start = _by_boxes(there[1], here[1])
    if start is None:
        return None
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, ECC_ROUNDS, ECC_STEP)
    inverse = cv2.invertAffineTransform(start).astype(np.float32)
    try:
        _, found = cv2.findTransformECC(
            here[0], there[0], inverse, cv2.MOTION_AFFINE, stop, there[1].astype(np.uint8), 5
        )
    except cv2.error:
        # It doesn't converge, or the pictures don't overlap: these two frames say nothing of each other.
        return None
    return np.asarray(cv2.invertAffineTransform(found), np.float64)


def _by_boxes(there: Mask, here: Mask) -> Floats64 | None:
    """The map that puts one mask's box onto the other's, with one scale."""
    if not there.any() or not here.any():
        return None
    boxes = [(np.argwhere(mask).min(axis=0), np.argwhere(mask).max(axis=0) + 1) for mask in (there, here)]
    sides = [np.maximum(end - begin, 1) for begin, end in boxes]
    scale = float(np.sqrt(np.prod(sides[1] / sides[0])))
    middles = [(begin + end) / 2 for begin, end in boxes]
    shift = middles[1] - scale * middles[0]
    return np.array([[scale, 0, shift[1]], [0, scale, shift[0]]])


def _agreement(there: _Small, here: _Small, found: Floats64) -> float:
    """Correlation over the pixels that both show; -1 where these are too few."""
    import cv2

    size = here[0].shape[1::-1]
    moved = cv2.warpAffine(there[0], found, size, flags=cv2.INTER_LINEAR)
    shown = cv2.warpAffine(there[1].astype(np.float32), found, size, flags=cv2.INTER_LINEAR) > WHOLE
    both = shown & here[1]
    if both.sum() < LEAST_SHARED * here[1].sum():
        return -1.0
    first, second = moved[both].astype(np.float64), here[0][both].astype(np.float64)
    if first.std() < 1 or second.std() < 1:
        # Two even surfaces agree if they are equally bright.
        return 1.0 if abs(first.mean() - second.mean()) < EQUAL_LEVELS else -1.0
    return float(np.corrcoef(first, second)[0, 1])
