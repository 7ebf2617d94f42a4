"""What is said of facts, and what isn't."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cointeract_curation.stages.caption.facts import Facts, ObjectFacts
from cointeract_curation.stages.caption.template import TemplateCaptioner, hoi_prompt

ITEM = ObjectFacts(
    share=1.0,
    held_by="right",
    touched_by=None,
    colours=("red", "white"),
    size="small",
    slim=False,
    level="chest",
    motion=("still",),
    tilted=None,
    change=None,
)
FACTS = Facts(
    person=True,
    framing="hips up",
    face_seen=True,
    talks=True,
    gesture="pointing",
    gesture_hand="left",
    object=ITEM,
)
NOTHING = Facts(person=True, framing=None, face_seen=True, talks=None, gesture=None, gesture_hand=None, object=None)


def say(facts: Facts) -> str:
    return TemplateCaptioner().describe([], facts)  # type: ignore[arg-type]  # the pictures aren't looked at


def about(**changes: object) -> str:
    return say(FACTS.model_copy(update={"object": ITEM.model_copy(update=changes)}))


def test_all_that_is_known_is_said() -> None:
    assert say(FACTS) == (
        "Shown from the hips up, a person talks and holds a small red and white object in the right hand in front of the chest. "
        "It is kept still. The left hand points."
    )


def test_nothing_that_is_not_known_is_said() -> None:
    assert say(NOTHING) == "A person is seen."
    bare = about(colours=(), size=None, slim=None, level=None, motion=(), held_by=None)
    assert "a person talks and has an object in view." in bare


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"held_by": "both"}, "holds a small red and white object with both hands"),
        ({"colours": ("orange",), "size": None}, "holds an orange object"),
        ({"size": "very large", "slim": True}, "a very large slim red and white object"),
        ({"size": "medium"}, "a red and white object"),
        ({"touched_by": "left"}, "and touches it with the left hand."),
        ({"change": "picked up"}, "picks up a small red and white object with the right hand."),
        ({"change": "put down"}, "puts down a small red and white object with the right hand."),
        ({"motion": ("nearer", "left")}, "It moves towards the camera and to the left of the picture."),
        ({"motion": ("about",), "tilted": True}, "It moves about and is tilted."),
        ({"motion": ("still",), "tilted": True}, "It is tilted in place."),
    ],
)
def test_of_the_object(changes: dict[str, object], said: str) -> None:
    assert said in about(**changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"person": False, "object": None}, "No person is seen."),
        ({"person": False}, "No person is seen, only a small red and white object."),
        ({"face_seen": False, "talks": False, "object": None, "gesture": None}, "a person turns the face away."),
        ({"object": None}, "Shown from the hips up, a person talks. The left hand points."),
        ({"gesture": "open", "gesture_hand": None}, "Both hands are open."),
        ({"framing": "face"}, "In a close-up, a person talks"),
    ],
)
def test_of_the_person(changes: dict[str, object], said: str) -> None:
    assert said in say(FACTS.model_copy(update=changes))


items = st.builds(
    ObjectFacts,
    share=st.floats(0.1, 1),
    colours=st.sampled_from([(), ("red",), ("orange", "black")]),
    motion=st.sampled_from([(), ("still",), ("about",), ("up",), ("left", "nearer")]),
)


@given(facts=st.builds(Facts, object=st.none() | items))
def test_every_fact_gives_a_sentence(facts: Facts) -> None:
    text = say(facts)
    assert text.endswith(".")
    assert text[0].isupper()
    assert "None" not in text
    assert "  " not in text
    assert "\n" not in text
    assert all(sentence[0].isupper() for sentence in text[:-1].split(". "))
    words = text.replace(",", "").replace(".", "").lower().split()
    assert all(one != two for one, two in itertools.pairwise(words))
    assert hoi_prompt(facts, text).endswith(text)


def test_the_structure_prompt_speaks_of_an_object_where_there_is_one() -> None:
    assert "object" in hoi_prompt(FACTS, "A.")
    assert "object" not in hoi_prompt(NOTHING, "A.")
