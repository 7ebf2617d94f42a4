"""The words that reviewers judge with: reasons to turn a sample down, and axes to give a verdict on each."""

from __future__ import annotations

REASONS: tuple[tuple[str, str, str | None], ...] = (
    ("hand_interpenetration", "the hand goes through the object", "1"),
    ("no_contact", "no hand really holds the object", "2"),
    ("wrong_object", "another object is outlined", "3"),
    ("object_outline", "the outline of the object is wrong", "4"),
    ("body_off", "the body doesn't lie on the person", "5"),
    ("hoi_out_of_sync", "the HOI video doesn't run with the RGB video", "6"),
    ("person_reference", "the picture of the person is wrong", "7"),
    ("product_reference", "the picture of the product is wrong", "8"),
    ("lip_sync", "lips and sound don't fit", "9"),
    ("text_overlay", "text or graphics lie over the picture", None),
    ("cut_inside", "there is a cut inside the clip", None),
    ("blurred", "too blurred or too dark to see", None),
    ("several_people", "more than one person", None),
    ("wrong_prompt", "the prompt says what isn't there", None),
    ("unsafe", "not safe to show", None),
    ("artifact_missing", "a part is missing or can't be decoded", None),
    ("unspecified", "no reason given", None),
)
"""Word, what it means, and the key that gives it."""

AXES = ("product_identity", "person_identity", "hands", "contact", "structure", "sync", "prompt")
"""What a verdict of pass, fail or unsure can be given on."""
