"""What colour the person's skin has in this clip, and how far a pixel looks like skin rather than product."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.triplet.clip import HandledClip, Mask, Picture, spread
from cointeract_curation.triplet.hand_region import hand_region

Floats32 = NDArray[np.float32]

BINS = (12, 24, 24)
"""Bins of L, a and b. Lightness is coarse, since a hand's shaded side is still skin."""
LEVELS = 256
SKIN = 0.7
"""Probability from which a pixel is taken for skin."""
SMOOTHING = 1.0
"""Standard deviation, in bins, of the blur over the histograms."""
FLOOR = 2e-4
"""Added to the probability of each bin, so that unseen colours decide nothing."""
MAX_FRAMES = 8
MIN_SAMPLES = 200
"""Fewer pixels of skin make no model."""
INNER = 0.5
"""How thick fingers are drawn to take their colour, relative to the real ones: what is surely inside."""
OUTER = 1.6
"""How thick they are drawn to keep clear of them."""
DETECTED_HAND = (1, 2)
"""Sources 1 and 2 of a hand are detections (docs/reference/people.md)."""


@dataclass(frozen=True)
class SkinModel:
    """Probability that a colour is skin, of skin and product alone, by Lab bin (12, 24, 24)."""

    posterior: Floats32
    own: float
    """Share of the product's own pixels that look like skin all the same; 1 where the clip shows no product."""

    def of(self, picture: Picture) -> Floats32:
        """(H, W): probability of skin for each pixel of an RGB picture (H, W, 3)."""
        return np.asarray(self.posterior.reshape(-1)[lab_bins(to_lab(picture))])


def to_lab(picture: Picture) -> Picture:
    """OpenCV's 8 bit CIELAB of an RGB picture."""
    import cv2

    return np.asarray(cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2LAB))


# For each channel, what each of its levels adds to the flat index of a bin.
_STEPS = tuple(
    (np.arange(LEVELS) * bins // LEVELS * stride).astype(np.int32)
    for bins, stride in zip(BINS, (BINS[1] * BINS[2], BINS[2], 1), strict=True)
)


def lab_bins(lab: Picture) -> NDArray[np.int32]:
    """(...) the bin, flat index, of each pixel (..., 3) in OpenCV's 8 bit CIELAB."""
    return np.asarray(_STEPS[0][lab[..., 0]] + _STEPS[1][lab[..., 1]] + _STEPS[2][lab[..., 2]])


def histogram(pixels: list[Picture]) -> Floats32:
    """Smoothed probability of each bin for lists of Lab pixels (N, 3); zeros for no pixels at all."""
    from scipy.ndimage import gaussian_filter

    counts = np.zeros(BINS, np.float64)
    for lab in pixels:
        counts += np.bincount(lab_bins(lab), minlength=counts.size).reshape(BINS)
    total = counts.sum()
    if total == 0:
        return np.zeros(BINS, np.float32)
    return np.asarray(gaussian_filter(counts / total, SMOOTHING), np.float32)


def cheeks(keypoints: Floats32, size: tuple[int, int]) -> Mask:
    """(H, W) skin of a face with MediaPipe's six keypoints (6, 2): between the eyes, the mouth and beyond the nose."""
    import cv2

    right_eye, left_eye, _, mouth, *_ = keypoints.astype(np.float64)
    down = mouth - (right_eye + left_eye) / 2
    # Below the eyes and above the mouth, so that neither brows, lashes nor lips enter.
    corners = np.stack(
        [right_eye + 0.25 * down, left_eye + 0.25 * down, left_eye + 0.75 * down, right_eye + 0.75 * down]
    )
    region = np.zeros(size, np.uint8)
    cv2.fillConvexPoly(region, np.rint(corners).astype(np.int32), 1)
    return region.astype(bool)


def skin_model(clip: HandledClip) -> SkinModel | None:
    """The skin of the clip's person against its object, or None where no skin is seen.

    Skin is taken from cheeks and from the inner part of detected hands, off the object's mask; the product from its masks
    away from hands.
    """
    size = (clip.height, clip.width)
    skin: list[Picture] = []
    product: list[Picture] = []
    for frame in spread(clip.face_frames(), MAX_FRAMES):
        region = cheeks(clip.landmarks.face_keypoints[frame], size) & ~clip.mask(frame) & ~clip.hands(frame)
        skin.append(to_lab(clip.frames[frame])[region])
    hand_frames = np.flatnonzero(np.isin(clip.landmarks.hand_source, DETECTED_HAND).any(axis=1)).tolist()
    for frame in spread(hand_frames, MAX_FRAMES):
        lab = to_lab(clip.frames[frame])
        for side in (0, 1):
            points = clip.landmarks.hand_image[frame, side]
            if clip.landmarks.hand_source[frame, side] in DETECTED_HAND and np.isfinite(points).all():
                skin.append(lab[hand_region(points, size, INNER) & ~clip.mask(frame)])
    if sum(len(pixels) for pixels in skin) < MIN_SAMPLES:
        return None
    for frame in spread(clip.object_frames, MAX_FRAMES):
        product.append(to_lab(clip.frames[frame])[clip.mask(frame) & ~clip.hands(frame, OUTER)])
    of_skin, of_product = histogram(skin) + FLOOR, histogram(product) + FLOOR
    posterior = of_skin / (of_skin + of_product)
    bins = np.concatenate([lab_bins(pixels) for pixels in product]) if product else np.zeros(0, np.int32)
    own = float((posterior.reshape(-1)[bins] > SKIN).mean()) if len(bins) else 1.0
    return SkinModel(posterior.astype(np.float32), own)
