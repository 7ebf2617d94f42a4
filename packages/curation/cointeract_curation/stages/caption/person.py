"""What was seen of the person: how much of the body is in the picture, and the gesture of a free hand."""

from __future__ import annotations

from typing import Literal

from cointeract_curation.human.landmarks import Landmarks
from cointeract_curation.stages.caption.facts import Framing, Gesture, Hand
from cointeract_curation.stages.caption.hands import gesture_of

# Pairs among BlazePose's 33 landmarks, left and right, from the feet upwards, with what they say when they are in the picture.
LEVELS: tuple[tuple[tuple[int, int], Framing], ...] = (
    ((27, 28), "head to toe"),  # ankles
    ((25, 26), "knees up"),
    ((23, 24), "hips up"),
    ((11, 12), "chest up"),  # shoulders
)
VISIBLE = 0.7
"""BlazePose's visibility from which on a landmark counts as seen: it guesses knees below the picture with up to 0.6."""
MARGIN = 0.03
"""Of the picture's height: landmarks nearer to its lower edge may lie beyond it."""
USUAL = 0.5
"""Share of the frames with a body, or with a face, in which something must be so to be said."""

SEEN = 0.2
"""Share of the frames that must show a person for the caption to speak of one."""


def framing_of(landmarks: Landmarks) -> Framing | None:
    """How far down the picture shows the person in most frames, or None where neither a body nor a face was found."""
    width, height = landmarks.size
    there = landmarks.body_source > 0
    if there.any():
        points = landmarks.body_image[there]
        inside = (points >= 0).all(axis=-1) & (points < (width, height * (1 - MARGIN))).all(axis=-1)
        seen = inside & (landmarks.body_visibility[there] >= VISIBLE)
        for pair, framing in LEVELS:
            if seen[:, list(pair)].all(axis=-1).mean() >= USUAL:
                return framing
    return "face" if face_seen(landmarks) else None


def person_seen(landmarks: Landmarks) -> bool:
    """Whether a body or a face was found in at least `SEEN` of the frames."""
    return bool(((landmarks.body_source > 0) | (landmarks.face_source > 0)).mean() >= SEEN)


def face_seen(landmarks: Landmarks) -> bool:
    """Whether the face was found in most frames."""
    return bool((landmarks.face_source > 0).mean() >= USUAL)


def free_gesture(
    landmarks: Landmarks, held_by: Literal["left", "right", "both"] | None
) -> tuple[Gesture | None, Hand | None]:
    """The gesture of a hand that holds nothing, and which hand it is; no hand is named where both make it."""
    free: list[tuple[int, Hand]] = [(0, "left"), (1, "right")]
    free = [(index, hand) for index, hand in free if held_by not in (hand, "both")]
    found = [
        (gesture, hand)
        for index, hand in free
        if (gesture := gesture_of(landmarks.hand_world[:, index], landmarks.hand_source[:, index] > 0)) is not None
    ]
    if not found:
        return None, None
    gestures = {gesture for gesture, _ in found}
    # Pointing says more than a hand that is open.
    chosen: Gesture = "pointing" if "pointing" in gestures else "open"
    hands = [hand for gesture, hand in found if gesture == chosen]
    return chosen, hands[0] if len(hands) == 1 else None
