"""What was seen of the object: share, colours, size, place and motion."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.fit import BodyFit
from cointeract_curation.media.frames import Frames
from cointeract_curation.media.masks import decode_mask
from cointeract_curation.stages.caption.colours import name_colours, name_shares
from cointeract_curation.stages.caption.config import CaptionConfig
from cointeract_curation.stages.caption.facts import Change, Hand, Level, ObjectFacts, Size
from cointeract_curation.stages.caption.motion import motion_of, tilts
from cointeract_curation.stages.caption.shape import MaskShape, mask_shape
from cointeract_shards.object_masks import ObjectMasks
from cointeract_shards.records import Tracks

Floats = NDArray[np.floating[Any]]
Flags = NDArray[np.bool_]

COLOUR_STRIDE = 4
"""Every which frame's colours are looked at."""
EDGE_PIXELS = 2
"""Pixels at a mask's edge that a camera mixes with what lies behind; left out where enough remain."""
LEAST_PIXELS = 30
BOTH = 0.8
"""Of the more frequent hand's contact: from here on the other one holds the object, too."""
SIZES: tuple[tuple[float, Size], ...] = ((1.0, "small"), (2.0, "medium"), (4.0, "large"))
"""Up to how many lengths of the hand, wrist to fingertip, an object's longest side measures."""
SURELY_LARGE = SIZES[1][0]
SLIM = 4.0
"""Length over width, as slim."""
END_SHARE = 0.2
"""Share of the clip, at its start and at its end, that tells whether the object was held then."""
MOSTLY = 0.8
"""Share of an end's frames in which something must be so."""
OFTEN_CUT = 0.5
"""Share of frames whose mask touches the picture's edge from which on the object's size isn't known."""
FACE_ABOVE, CHEST_ABOVE = -0.12, 0.65
"""Of the torso's length from the shoulders down: above the first lies the face, below the second the waist."""
FRAMES_TO_TELL = 5
"""Least number of frames that show the object for its motion to be told."""
MIDDLE_FINGER_TIP = 12


def object_facts(
    frames: Frames, masks: ObjectMasks, tracks: Tracks, fit: BodyFit, config: CaptionConfig
) -> ObjectFacts | None:
    """The facts of the object, or None where too few frames show one."""
    decoded = [None if code is None else decode_mask(code) for code in masks.masks]
    seen = np.array([mask is not None for mask in decoded])
    if seen.mean() < max(config.object_share, np.finfo(float).eps):
        return None
    shapes = [None if mask is None else mask_shape(mask) for mask in decoded]
    touching = touched(tracks)
    whole = [shape for shape in shapes if shape is not None and not shape.cut]
    held_by, touched_by = holder(touching[seen], config)
    torso = torso_length(fit)
    slim = np.median([shape.slimness for shape in whole]) >= SLIM if whole else None
    return ObjectFacts(
        share=round(float(seen.mean()), 4),
        held_by=held_by,
        touched_by=touched_by,
        colours=_colours(frames, decoded),
        size=_size(shapes, fit, touching),
        slim=None if slim is None else bool(slim),
        level=_level(shapes, fit),
        motion=motion_of(_series(shapes, "middle"), _series(shapes, "area"), hand_depth(fit, touching), torso)
        if seen.sum() >= FRAMES_TO_TELL
        else (),
        tilted=tilts(_series(shapes, "angle")) if slim and seen.sum() >= FRAMES_TO_TELL else None,
        change=_change(touching, seen),
    )


def touched(tracks: Tracks) -> Flags:
    """(T, 2) frames in which the left and right hand touch the object; unknown counts as no."""
    return np.array(
        [
            [False, False]
            if contact is None
            else [hand is not None and hand.touching for hand in (contact.left_hand, contact.right_hand)]
            for contact in tracks.contact
        ],
        dtype=bool,
    )


def holder(touching: Flags, config: CaptionConfig) -> tuple[Literal["left", "right", "both"] | None, Hand | None]:
    """Which hands hold the object, of its frames (N, 2), and which one only touches it now and then."""
    left, right = (float(share) for share in touching.mean(axis=0))
    if max(left, right) < config.contact_share:
        return None, None
    if min(left, right) >= BOTH * max(left, right):
        return "both", None
    main: Hand = "left" if left > right else "right"
    other: Hand = "right" if main == "left" else "left"
    return main, other if min(left, right) >= config.touch_share else None


def hand_depth(fit: BodyFit, touching: Flags) -> Floats:
    """(T,) metres to the wrists of the hands that touch the object; NaN where none does or no body was fitted."""
    depth = np.where(touching & fit.fitted[:, None], fit.hands_3d[:, :, 0, 2], 0.0)
    count = (touching & fit.fitted[:, None]).sum(axis=1)
    return np.where(count > 0, depth.sum(axis=1) / np.maximum(count, 1), np.nan)


def torso_length(fit: BodyFit) -> float | None:
    """Median distance in pixels from the middle of the shoulders to that of the hips; None without a body."""
    return None if not fit.fitted.any() else float(np.nanmedian(np.linalg.norm(_shoulders(fit) - _hips(fit), axis=-1)))


def _shoulders(fit: BodyFit) -> Floats:
    return _between(fit, "left_shoulder", "right_shoulder")


def _hips(fit: BodyFit) -> Floats:
    return _between(fit, "left_hip", "right_hip")


def _between(fit: BodyFit, *names: str) -> Floats:
    points = fit.keypoints_2d[:, [fit.keypoint_names.index(name) for name in names]]
    return np.asarray(points.mean(axis=1))


def _series(shapes: list[MaskShape | None], name: str) -> Floats:
    """(T, ...) a value of each frame's shape, NaN where there is none."""
    known = next(np.asarray(getattr(shape, name), float) for shape in shapes if shape is not None)
    missing = np.full(known.shape, np.nan)
    return np.stack([missing if shape is None else np.asarray(getattr(shape, name), float) for shape in shapes])


def _colours(frames: Frames, masks: list[NDArray[np.bool_] | None]) -> tuple[str, ...]:
    import cv2

    wanted = [index for index, mask in enumerate(masks) if mask is not None][::COLOUR_STRIDE]
    shares = []
    for index, frame in frames.at(wanted):
        mask = masks[index]
        assert mask is not None  # of those that were wanted
        core = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8), iterations=EDGE_PIXELS) > 0
        pixels = frame[core if core.sum() >= LEAST_PIXELS else mask]
        shares.append(name_shares(pixels))
    return name_colours(np.array(shares))


def _size(shapes: list[MaskShape | None], fit: BodyFit, touching: Flags) -> Size | None:
    """Against the hands that touch it, which are as far away; an object that leaves the picture is at least as large as what is seen."""
    ratios, cut = [], []
    for index, shape in enumerate(shapes):
        if shape is None or not touching[index].any() or not fit.fitted[index]:
            continue
        hands = fit.hands_3d[index, touching[index]]
        depth = hands[:, 0, 2].mean()
        hand = np.linalg.norm(np.diff(hands[:, [0, 9, 10, 11, MIDDLE_FINGER_TIP]], axis=1), axis=-1).sum(axis=-1).mean()
        ratios.append(shape.length / (fit.focal * hand / depth))
        cut.append(shape.cut)
    if not ratios:
        return None
    ratio = float(np.median(ratios))
    if np.mean(cut) > OFTEN_CUT and ratio <= SURELY_LARGE:
        return None
    return next((size for most, size in SIZES if ratio <= most), "very large")


def _level(shapes: list[MaskShape | None], fit: BodyFit) -> Level | None:
    """Where the middle of the object is against the body: thirds of the torso and above."""
    there = np.array([shape is not None for shape in shapes]) & fit.fitted
    if not there.any():
        return None
    middle = _series(shapes, "middle")[there, 1]
    top, bottom = _shoulders(fit)[there, 1], _hips(fit)[there, 1]
    place = float(np.median((middle - top) / np.maximum(bottom - top, 1)))
    if place < FACE_ABOVE:
        return "face"
    return "chest" if place < CHEST_ABOVE else "waist"


def _change(touching: Flags, seen: Flags) -> Change | None:
    """Whether a hand takes the object up or lets it go, while it stays in view."""
    ends = max(1, round(END_SHARE * len(seen)))
    start, end = slice(0, ends), slice(len(seen) - ends, len(seen))
    if not (_mostly(seen[start]) and _mostly(seen[end])):
        return None
    held = touching.any(axis=1)
    before, after = held[start].mean(), held[end].mean()
    if before <= 1 - MOSTLY and after >= MOSTLY:
        return "picked up"
    return "put down" if before >= MOSTLY and after <= 1 - MOSTLY else None


def _mostly(flags: Flags) -> bool:
    return bool(flags.mean() >= MOSTLY)
