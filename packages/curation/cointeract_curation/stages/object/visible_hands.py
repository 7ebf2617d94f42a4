"""Boxes of what shows of each hand: the skin around its landmarks, or at the end of an arm whose hand wasn't found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.fit import BodyFit
from cointeract_curation.human.landmarks import Landmarks
from cointeract_curation.media.frames import Frames
from cointeract_curation.stages.object.arms import SIDES
from cointeract_curation.stages.object.hand_boxes import GUESS_SCORE, rounded
from cointeract_curation.stages.object.hands import FAR, Hands, find_hands, hand_maps
from cointeract_curation.stages.object.skin import skin_likelihood
from cointeract_curation.stages.object.view import View, make_view
from cointeract_shards.records import Track, TrackPoint

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

SHORT_SIDE = 240
"""Pixels of the picture's shorter side at which skin is looked for."""
SKIN, SKIN_OF_GUESS = 0.75, 0.6
"""Likelihood from which on a pixel is skin; a hand without landmarks has more to gain from a doubtful one."""
MOSTLY_SKIN = 0.6
"""Least share of a hand's own shape that must be skin, or else the colours don't tell this hand (gloves, odd light)."""
MOST_AROUND = 0.3
"""Largest share of skin around the hand: with more, clothes or the wall look like skin."""
CLOSE, AROUND = 0.25, 0.75
"""Palm lengths from a hand's shape between which nothing but the object, the arm and the other hand should look like skin."""
ON_SHAPE, REACH, REACH_OVER_OBJECT = 0.1, 0.45, 1.2
"""Palm lengths from the landmarks' shape at which skin belongs to the hand, to which it may go on, and to which pieces may lie that the
object joins to it: a thumb on the other side."""
LONGEST = 2.1
"""Palm lengths from the wrist that fingertips reach."""
AT_WRIST, AT_OBJECT, ELBOW_SIDE = 1.0, 0.6, 0.6
"""For a hand without landmarks: palm lengths around the wrist, or around the object, in which skin is the hand's; and nearer to the elbow
than this share of the way to the wrist it's the forearm's."""
UPPER_FOREARM = 2.6
"""Palm lengths around the elbow in which the forearm is told so."""
ARM_WIDTH, ARM_LENGTH = 0.35, 0.6
"""Half of a forearm's width in palm lengths, and the share from the elbow on that surely is no hand."""
OBJECT_GAP = 0.06
"""Palm lengths between mask and skin that count as touching."""
LEAST_SKIN, LEAST_PIECE = 0.06, 0.02
"""Areas in squared palm lengths: of a hand without landmarks, less than the first is none; smaller pieces than the second are specks."""
LEAST_TO_TELL = 20
"""Pixels on which a share is measured; fewer say nothing."""
FACE_ABOVE, FACE_BELOW, FACE_BESIDE = 0.3, 0.45, 0.15
"""Shares of the face's box around it that hold forehead, neck and ears."""
TRUST = 0.75
"""Weight of the skin's edge against the edge found before, where landmarks gave one."""
SMALLEST_SIDE = 0.3
"""Palm lengths: a narrower box of a hand with landmarks is a mistake."""
LEAST_OVERLAP = 0.45
"""With the box found before, of a hand with landmarks: skin-coloured cloth beside it leads further away."""
MEDIAN_REACH = 2
"""Frames before and after whose median an edge is."""
EDGE = 2
"""Pixels: an extreme strip of the hand as deep as this that skin beyond the search continues says nothing about the hand's end."""


@dataclass(frozen=True)
class _Scene:
    """One frame of the view; maps (2, h, w) are by hand, left and right."""

    skin: NDArray[np.float32]
    """(h, w)"""
    mask: Bools
    """(h, w) the object."""
    apart: NDArray[np.float32]
    """(2, h, w) palm lengths to the hands' shapes."""
    arms: Bools
    """(2, h, w) forearms, without their last part before the wrist."""
    face: Bools
    """(h, w) face and neck."""


def visible_hand_boxes(
    tracks: tuple[Track, Track], frames: Frames, masks: Bools, landmarks: Landmarks, fit: BodyFit
) -> tuple[Track, Track]:
    """Left and right with edges where the skin ends; None where a hand without landmarks shows no skin.

    Kept as they are: boxes of hands whose colours can't be told from what is around them. ``masks`` (T, H, W) are the object's.
    """
    import cv2

    view = make_view(frames, SHORT_SIDE)
    rows, columns = view.shape
    small = np.array(
        [cv2.resize(mask.astype(np.uint8), (columns, rows), interpolation=cv2.INTER_AREA) > 0 for mask in masks]
    )
    hands = find_hands(landmarks, fit, view.scale, view.shape)
    skin = skin_likelihood(view, small, landmarks, fit, hands)
    apart = hand_maps(hands, view.shape)[1]
    before = _boxes(tracks) * np.tile(view.scale, 2)
    after = before.copy()
    for frame in range(view.frames):
        scene = _Scene(
            skin[frame], small[frame], apart[frame], _forearms(fit, hands, view, frame), _face(landmarks, view, frame)
        )
        for side in np.flatnonzero(hands.present[frame]):
            if hands.observed[frame, side]:
                after[frame, side] = _seen(scene, int(side), hands, frame, before[frame, side])
            else:
                after[frame, side] = _guessed(scene, int(side), fit, view, frame, before[frame, side])
    after = _steady(after) / np.tile(view.scale, 2)
    left, right = (_track(track, after[:, side], _boxes(tracks)[:, side]) for side, track in enumerate(tracks))
    return left, right


def _seen(scene: _Scene, side: int, hands: Hands, frame: int, before: Floats) -> Floats:
    """The box (4,) of a hand with landmarks: its edges where skin ends, those found before where skin goes on."""
    own, other = scene.apart[side], scene.apart[1 - side]
    size, wrist = float(hands.size[frame, side]), hands.points[frame, side, 0]
    skin = (scene.skin > SKIN) & ~scene.mask
    shape = (own == 0) & ~scene.mask & (other > 0) & ~scene.arms[side]
    around = (own > CLOSE) & (own < AROUND) & ~scene.arms.any(axis=0) & ~scene.face & (other > CLOSE) & ~scene.mask
    if not _told(skin, shape, around) or not np.isfinite(before).all():
        return before
    distance = _from_point(wrist, own.shape) / size
    region = (own <= REACH) | ((distance <= LONGEST) & (own <= REACH_OVER_OBJECT))
    region &= (own <= other) & ~scene.arms[side] & ~(scene.face & (own >= CLOSE))
    hand = _joined(skin & region, scene.mask, region, (own <= ON_SHAPE) & skin, size)
    if not hand.any():
        return before
    edges, ends = _edges(hand, skin & ~hand & ~region)
    box = np.where(ends, TRUST * edges + (1 - TRUST) * before, before)
    good = (box[2:] - box[:2]).min() > SMALLEST_SIDE * size and _overlap(box, before) > LEAST_OVERLAP
    return box if good else before


def _guessed(scene: _Scene, side: int, fit: BodyFit, view: View, frame: int, before: Floats) -> Floats:
    """The box (4,) of a hand without landmarks, from the body's wrist and the object; NaN where it is hidden."""
    scale = np.array(view.scale)
    elbow, wrist = (_keypoint(fit, frame, side, part) * scale for part in ("elbow", "wrist"))
    points = fit.hands_3d[frame, side]
    # In metres: a guessed hand may point at the camera, and its picture be short.
    size = float(np.linalg.norm(points[0] - points[9]) * fit.focal / points[0, 2] * scale[0])
    if not (np.isfinite([*wrist, size]).all() and size > 0):
        return before
    other, shape = scene.apart[1 - side], scene.mask.shape
    distance = _from_point(wrist, shape) / size
    from_elbow = _from_point(elbow, shape) / size if np.isfinite(elbow).all() else np.full(shape, FAR)
    skin = (scene.skin > SKIN_OF_GUESS) & ~scene.mask
    around = (
        (distance > CLOSE)
        & (distance < LONGEST)
        & ~scene.arms.any(axis=0)
        & ~scene.face
        & (other > CLOSE)
        & ~scene.mask
    )
    if np.count_nonzero(around) > LEAST_TO_TELL and skin[around].mean() > MOST_AROUND:
        return before
    region = (distance <= LONGEST) & ((distance <= AT_WRIST) | (_from_mask(scene.mask) <= AT_OBJECT * size))
    region &= (other > CLOSE) & ~scene.arms[1 - side] & ~scene.face
    region &= (from_elbow >= ELBOW_SIDE * distance) | (from_elbow >= UPPER_FOREARM)
    hand = _joined(skin & region, scene.mask, region, (distance <= AT_WRIST) & skin, size)
    if np.count_nonzero(hand) < LEAST_SKIN * size**2:
        return np.full(4, np.nan)
    return _edges(hand, np.zeros(shape, bool))[0]


def _told(skin: Bools, shape: Bools, around: Bools) -> bool:
    """Whether a hand's colours tell it from what is around it."""
    enough = min(np.count_nonzero(shape), np.count_nonzero(around)) > LEAST_TO_TELL
    return bool(enough and skin[shape].mean() >= MOSTLY_SKIN and skin[around].mean() <= MOST_AROUND)


def _joined(skin: Bools, mask: Bools, region: Bools, seed: Bools, size: float) -> Bools:
    """Skin (h, w) that is connected with the seed, be it across the object."""
    import cv2

    over = (_from_mask(mask) <= max(1.0, OBJECT_GAP * size)) & region
    _, pieces = cv2.connectedComponents((skin | over).astype(np.uint8), connectivity=8)
    picked = np.unique(pieces[seed & region])
    hand = skin & np.isin(pieces, picked[picked > 0])
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(hand.astype(np.uint8), connectivity=8)
    large = 1 + np.flatnonzero(stats[1:, cv2.CC_STAT_AREA] >= LEAST_PIECE * size**2)
    return np.asarray(np.isin(pieces, large))


def _edges(hand: Bools, beyond: Bools) -> tuple[Floats, Bools]:
    """The tight box (4,), and at which of its sides (4,) no skin beyond the search goes on."""
    import cv2

    rows, columns = np.flatnonzero(hand.any(axis=1)), np.flatnonzero(hand.any(axis=0))
    x1, y1, x2, y2 = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
    goes_on = hand & (cv2.dilate(beyond.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)
    strips = (goes_on[:, x1 : x1 + EDGE], goes_on[y1 : y1 + EDGE], goes_on[:, x2 - EDGE : x2], goes_on[y2 - EDGE : y2])
    return np.array([x1, y1, x2, y2], np.float64), np.array([not strip.any() for strip in strips])


def _forearms(fit: BodyFit, hands: Hands, view: View, frame: int) -> Bools:
    import cv2

    arms = np.zeros((2, *view.shape), np.uint8)
    for side in np.flatnonzero(hands.present[frame]):
        elbow, wrist = (_keypoint(fit, frame, int(side), part) * np.array(view.scale) for part in ("elbow", "wrist"))
        if hands.observed[frame, side]:
            wrist = hands.points[frame, side, 0]
        if np.isfinite([*elbow, *wrist]).all():
            end = elbow + ARM_LENGTH * (wrist - elbow)
            width = max(1, round(2 * ARM_WIDTH * float(hands.size[frame, side])))
            cv2.line(arms[side], (int(elbow[0]), int(elbow[1])), (int(end[0]), int(end[1])), 1, width)
    return arms > 0


def _face(landmarks: Landmarks, view: View, frame: int) -> Bools:
    picture = np.zeros(view.shape, bool)
    x1, y1, x2, y2 = landmarks.face_box[frame] * np.tile(view.scale, 2)
    if np.isfinite([x1, y1, x2, y2]).all():
        beside, height = FACE_BESIDE * (x2 - x1), y2 - y1
        top, left = max(0, int(y1 - FACE_ABOVE * height)), max(0, int(x1 - beside))
        picture[top : int(y2 + FACE_BELOW * height), left : int(x2 + beside)] = True
    return picture


def _keypoint(fit: BodyFit, frame: int, side: int, part: str) -> Floats:
    return np.asarray(fit.keypoints_2d[frame, fit.keypoint_names.index(f"{SIDES[side]}_{part}")], np.float64)


def _from_point(point: NDArray[np.floating], shape: tuple[int, ...]) -> Floats:  # type: ignore[type-arg]
    rows, columns = np.mgrid[: shape[0], : shape[1]] + 0.5
    return np.asarray(np.hypot(columns - point[0], rows - point[1]))


def _from_mask(mask: Bools) -> NDArray[np.float32]:
    import cv2

    if not mask.any():
        return np.full(mask.shape, np.inf, np.float32)
    return np.asarray(cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 3))


def _overlap(box: Floats, other: Floats) -> float:
    sides = np.minimum(box[2:], other[2:]) - np.maximum(box[:2], other[:2])
    inside = float(np.prod(np.maximum(sides, 0)))
    return inside / float(np.prod(box[2:] - box[:2]) + np.prod(other[2:] - other[:2]) - inside)


def _steady(boxes: Floats) -> Floats:
    """(T, 2, 4) the median over neighbouring frames that have a box; no box where there is none."""
    steady = boxes.copy()
    there = np.isfinite(boxes).all(axis=2)
    for frame, side in zip(*np.nonzero(there), strict=True):
        reach = min(
            MEDIAN_REACH, frame, len(boxes) - 1 - frame
        )  # as far on both sides, or a moving hand's box would lag
        near = slice(frame - reach, frame + reach + 1)
        steady[frame, side] = np.median(boxes[near, side][there[near, side]], axis=0)
    return steady


def _boxes(tracks: tuple[Track, Track]) -> Floats:
    """(T, 2, 4), NaN for none."""
    rows = [
        [[np.nan] * 4 if point is None or point.box is None else point.box for point in both]
        for both in zip(*tracks, strict=True)
    ]
    return np.array(rows, np.float64).reshape(-1, 2, 4)


def _track(track: Track, after: Floats, before: Floats) -> Track:
    points: list[TrackPoint | None] = []
    for point, new, old in zip(track, after, before, strict=True):
        if not np.isfinite(new).all():
            points.append(None)
            continue
        box = rounded(new.tolist())
        if point is None or not np.isfinite(old).all():
            points.append(TrackPoint(box=box, score=GUESS_SCORE, interpolated=True))
        else:
            points.append(point.model_copy(update={"box": box}))
    return tuple(points)
