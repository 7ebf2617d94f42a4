from __future__ import annotations

from fractions import Fraction

import pytest
from pydantic import ValidationError

from cointeract_curation.synth import SynthConfig


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(ValidationError, match="heigth"):
        SynthConfig.model_validate({"heigth": 100})


@pytest.mark.parametrize("rate", [24, "25", "30000/1001", 59.94, Fraction(50)])
def test_a_rate_is_a_number_or_a_ratio(rate: object) -> None:
    assert SynthConfig.model_validate({"fps": rate}).fps == Fraction(rate)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"fps": "fast"}, "no frame rate"),
        ({"fps": 0}, "outside 0 to"),
        ({"fps": "1/0"}, "no frame rate"),
        ({"width": 481}, "multiple of 2"),
        ({"shots_without_person": [9]}, "only 6 shots"),
        ({"shot_seconds": [0.001], "shots_without_person": []}, "make them longer"),
        ({"name": "../up"}, "name"),
    ],
)
def test_nonsense_is_refused_with_its_reason(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        SynthConfig.demo(**changes)


def test_the_demo_has_room_for_windows_and_one_shot_without_a_person() -> None:
    demo = SynthConfig.demo()
    people = [frames for shot, frames in enumerate(demo.shot_frames) if shot not in demo.shots_without_person]
    assert max(people) >= 9 * 25
    assert min(people) >= 73 + 81
    assert len(demo.shots_without_person) == 1
    assert 35 <= sum(demo.shot_seconds) <= 45


def test_a_configuration_survives_json() -> None:
    tiny = SynthConfig.tiny(fps="30000/1001", seed=7)
    assert SynthConfig.model_validate_json(tiny.model_dump_json()) == tiny
