"""Sentences from facts."""

from __future__ import annotations

from cointeract_curation.media.frames import Frames
from cointeract_curation.stages.caption.facts import Facts, ObjectFacts

FRAMINGS = {
    "head to toe": "Shown from head to toe",
    "knees up": "Shown from the knees up",
    "hips up": "Shown from the hips up",
    "chest up": "Shown from the chest up",
    "face": "In a close-up",
}
LEVELS = {"face": "at the height of the face", "chest": "in front of the chest", "waist": "at the height of the waist"}
DIRECTIONS = {
    "left": "to the left of the picture",
    "right": "to the right of the picture",
    "up": "upwards",
    "down": "downwards",
    "nearer": "towards the camera",
    "farther": "away from the camera",
}
STRUCTURE = "A structure view of one person: the body is a plain grey mesh on black, lit softly, without skin, hair, clothes or scene"
"""What `hoi.mp4` shows, before the clip's own prompt: the released model was trained with a fixed text in this place."""
STRUCTURE_OBJECT = ", and the object in the hands is laid over it"


class TemplateCaptioner:
    """A `Captioner` that says what was measured and no more."""

    def describe(self, frames: Frames, facts: Facts) -> str:
        """One or two sentences."""
        del frames  # what they show is in the facts
        item = facts.object
        if not facts.person:
            return "No person is seen." if item is None else f"No person is seen, only {_noun(item)}."
        parts = [f"{FRAMINGS[facts.framing]}, a person" if facts.framing else "A person"]
        verbs = [] if facts.face_seen else ["turns the face away"]
        if facts.talks:
            verbs.append("talks" if facts.face_seen else "talks from behind")
        sentences = []
        if item is not None:
            verbs.append(_handling(item))
            if item.touched_by is not None:
                verbs.append(f"touches it with the {item.touched_by} hand")
            sentences += _object_motion(item)
        if facts.gesture is not None:
            sentences.append(_gesture(facts))
        parts.append(_joined(verbs) if verbs else "is seen")
        return " ".join([" ".join(parts) + ".", *sentences])


def hoi_prompt(facts: Facts, prompt: str) -> str:
    """What the structure stream shows, followed by the clip's prompt."""
    shown = STRUCTURE + (STRUCTURE_OBJECT if facts.object is not None else "")
    return f"{shown}. In colour, the same moment shows: {prompt}"


def _noun(item: ObjectFacts) -> str:
    """`a small slim red and white object`."""
    words = [] if item.size in (None, "medium") else [str(item.size)]
    if item.slim:
        words.append("slim")
    words.append(" and ".join(item.colours)) if item.colours else None
    words.append("object")
    text = " ".join(words)
    return f"{'an' if text[0] in 'aeiou' else 'a'} {text}"


def _handling(item: ObjectFacts) -> str:
    where = f" {LEVELS[item.level]}" if item.level else ""
    hand = {"left": " in the left hand", "right": " in the right hand", "both": " with both hands"}.get(
        item.held_by or "", ""
    )
    if item.change == "picked up":
        return f"picks up {_noun(item)}{hand.replace(' in the ', ' with the ')}"
    if item.change == "put down":
        return f"puts down {_noun(item)}{hand.replace(' in the ', ' with the ')}"
    if item.held_by is None:
        return f"has {_noun(item)} in view{where}"
    return f"holds {_noun(item)}{hand}{where}"


def _object_motion(item: ObjectFacts) -> list[str]:
    if item.motion == ("still",):
        return ["It is tilted in place."] if item.tilted else ["It is kept still."]
    told = []
    if item.motion == ("about",):
        told.append("moves about")
    elif item.motion:
        told.append("moves " + _joined([DIRECTIONS[direction] for direction in item.motion]))
    if item.tilted:
        told.append("is tilted")
    return [f"It {_joined(told)}."] if told else []


def _gesture(facts: Facts) -> str:
    hand = facts.gesture_hand
    if facts.gesture == "pointing":
        return f"The {hand} hand points." if hand else "Both hands point."
    return f"The {hand} hand is open." if hand else "Both hands are open."


def _joined(words: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
