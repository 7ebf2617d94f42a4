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
        ({"shot_seconds": [1, 1], "shots_without_person": [9]}, "only 2 shots"),
        ({"shots": [{"seconds": 1}], "shot_seconds": [1]}, "given twice"),
        ({"shots": [{"seconds": 1, "product": "box", "hold": "front"}]}, "one hand closes around"),
        ({"shots": [{"seconds": 1, "product": "bag", "action": "put_down"}]}, "one hand closes around"),
        ({"shots": [{"seconds": 1, "product": "brush", "hold": "behind"}]}, "broad"),
        ({"shots": [{"seconds": 1, "product": "none"}]}, "no product to present"),
        ({"shots": [{"seconds": 1, "people": 0, "action": "talk"}]}, "shows a product"),
        ({"shots": []}, "at least 1"),
        ({"shot_seconds": [0.001], "shots_without_person": []}, "make them longer"),
        ({"name": "../up"}, "name"),
    ],
)
def test_nonsense_is_refused_with_its_reason(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        SynthConfig.demo(**changes)


def test_the_demo_has_room_for_windows_and_one_shot_without_a_person() -> None:
    demo = SynthConfig.demo()
    people = [frames for plan, frames in zip(demo.shots, demo.shot_frames, strict=True) if plan.people]
    assert sum(frames >= 73 + 81 for frames in people) >= 3
    assert min(people) >= 81
    assert len(people) == len(demo.shots) - 1
    assert 35 <= sum(plan.seconds for plan in demo.shots) <= 45


def test_the_studio_has_a_window_of_each_kind() -> None:
    studio = SynthConfig.studio()
    kinds = [plan.kind for plan in studio.shots]
    assert len(set(kinds)) == len(kinds) >= 14
    assert all(81 <= frames <= 160 for frames in studio.shot_frames)


def test_the_short_form_stands_for_open_plans() -> None:
    short = SynthConfig.model_validate({"shot_seconds": [2.0, 1.0], "shots_without_person": [1]})
    assert [(plan.seconds, plan.people, plan.product) for plan in short.shots] == [(2.0, 1, None), (1.0, 0, None)]


def test_a_configuration_survives_json() -> None:
    tiny = SynthConfig.tiny(fps="30000/1001", seed=7)
    assert SynthConfig.model_validate_json(tiny.model_dump_json()) == tiny
