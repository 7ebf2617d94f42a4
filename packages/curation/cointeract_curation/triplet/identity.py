"""The axis `identity`: face, hair and clothes of `person.png` against the clip's frames. No weights.

Aligned faces are compared pixel by pixel, so it tells whether this is the clip's person as the clip shows them; a face that
an editor drew anew from another angle needs an embedding to be known again.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.triplet.axes import Judged
from cointeract_curation.triplet.clip import HandledClip, Picture, spread
from cointeract_curation.triplet.face import CROP, aligned_face
from cointeract_curation.triplet.product_same import bhattacharyya
from cointeract_curation.triplet.ramp import ramp
from cointeract_curation.triplet.skin import histogram, to_lab

Floats32 = NDArray[np.float32]
Floats64 = NDArray[np.float64]

FRAMES = 14
COVERED = 0.1
"""Share of a face under product or hands from which a frame isn't compared."""
FACE_ZERO, FACE_ONE = 0.6, 0.9
"""Correlation of the aligned faces that scores 0 and 1."""
CLOTHES_ZERO, CLOTHES_ONE = 0.88, 0.98
"""Bhattacharyya coefficient of the colours around and below the face that scores 0 and 1."""
BELOW, BESIDE, ABOVE = 2.2, 1.3, 0.6
"""How far clothes and hair are looked at from the mouth down, from the face's middle to the sides, and up from the eyes, in face
lengths (twice the distance from eyes to mouth)."""
BLUR = 1.5
"""Standard deviation, in pixels of an aligned face, of the blur before comparing: alignment is good to about that."""
TELLING_DEVIATION = 4.0
"""Levels: a flatter face is no face."""


def judge_identity(clip: HandledClip, person: Picture, faces: list[Floats32]) -> Judged:
    """Score whether `person.png`, with ``faces`` found in it (keypoints (6, 2) each), shows the clip's person."""
    frames = clip.face_frames()
    if not frames:
        return Judged(None, "the clip never shows a face")
    if not faces:
        return Judged(0.0, "no face in person.png")
    clear = [frame for frame in frames if _face_covered(clip, frame) <= COVERED] or frames
    known = spread(clear, FRAMES)
    gallery = [face_vector(aligned_face(clip.frames[frame], clip.landmarks.face_keypoints[frame])) for frame in known]
    # The face that fits best: a poster behind the person is found as well.
    found = [face_vector(aligned_face(person, face)) for face in faces]
    likeness = [max(float(vector @ other) for other in gallery) for vector in found]
    best = int(np.argmax(likeness))
    seen = surroundings(person, faces[best], None)
    clothes = [
        bhattacharyya(seen, surroundings(clip.frames[frame], clip.landmarks.face_keypoints[frame], clip.mask(frame)))
        for frame in known[:: max(1, len(known) // 5)]
    ]
    alike = max(clothes)
    score = ramp(likeness[best], FACE_ZERO, FACE_ONE) * ramp(alike, CLOTHES_ZERO, CLOTHES_ONE)
    reason = f"face agrees to {likeness[best]:.2f}, hair and clothes to {alike:.2f}"
    return Judged(float(np.sqrt(score)), reason, {"face": likeness[best], "clothes": alike})


def face_vector(face: NDArray[np.uint8]) -> Floats64:
    """An aligned face (96, 96, 3) as a vector of unit length whose dot products are correlations."""
    import cv2

    lab = cv2.GaussianBlur(to_lab(face).astype(np.float32), (0, 0), BLUR)
    rows, columns = np.mgrid[:CROP, :CROP] / CROP
    # An oval from the brows to the chin, without background.
    oval = ((columns - 0.5) / 0.36) ** 2 + ((rows - 0.58) / 0.42) ** 2 <= 1
    pixels = lab[oval].astype(np.float64)
    pixels -= pixels.mean(axis=0)
    length = float(np.linalg.norm(pixels))
    return np.asarray(pixels.reshape(-1) / max(length, TELLING_DEVIATION * np.sqrt(pixels.size)))


def surroundings(picture: Picture, face: Floats32, hidden: NDArray[np.bool_] | None) -> Floats32:
    """Colours (a histogram) of hair, shoulders and chest around a face with keypoints (6, 2), without ``hidden`` pixels."""
    eyes, mouth = (face[0] + face[1]) / 2, face[3]
    length = 2 * float(np.linalg.norm(mouth - eyes))
    height, width = picture.shape[:2]
    left, right = (int(np.clip(eyes[0] + side * BESIDE * length, 0, width)) for side in (-1, 1))
    top, bottom = int(np.clip(eyes[1] - ABOVE * length, 0, height)), int(np.clip(mouth[1] + BELOW * length, 0, height))
    area = (slice(top, bottom), slice(left, right))
    if min(right - left, bottom - top) <= 1:
        return histogram([])
    lab = to_lab(picture[area])
    seen = np.ones(lab.shape[:2], bool) if hidden is None else ~hidden[area]
    return histogram([lab[seen]])


def _face_covered(clip: HandledClip, frame: int) -> float:
    left, top, right, bottom = (int(value) for value in np.round(clip.landmarks.face_box[frame]))
    area = (slice(max(0, top), max(0, bottom)), slice(max(0, left), max(0, right)))
    over = (clip.mask(frame) | clip.hands(frame))[area]
    return float(over.mean()) if over.size else 1.0
