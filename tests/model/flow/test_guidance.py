from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cointeract_model.flow.guidance import Condition, Guidance
from cointeract_model.flow.latents import Latents

LATENTS: Latents = (torch.zeros(1, 4, dtype=torch.float64), torch.zeros(1, 2, dtype=torch.float64))
ANSWERS = {Condition.NONE: 1.0, Condition.AUDIO: 10.0, Condition.BOTH: 100.0}


def answer(condition: Condition, latents: Latents, timestep: float) -> Latents:
    return tuple(torch.full_like(stream, ANSWERS[condition]) for stream in latents)


@given(text=st.floats(0, 20), audio=st.floats(0, 20))
def test_guidance_is_the_stated_formula_in_every_stream(text: float, audio: float) -> None:
    none, sound, both = ANSWERS.values()
    expected = none + audio * (sound - none) + text * (both - sound)
    for stream in Guidance(text, audio).guide(answer)(LATENTS, 500.0):
        assert stream == pytest.approx(torch.full_like(stream, expected), rel=1e-9, abs=1e-9)


def test_one_scale_is_the_released_rule() -> None:
    guided = Guidance.single(7.0).guide(answer)(LATENTS, 500.0)
    assert guided[0][0, 0] == pytest.approx(1 + 7 * (100 - 1))


@pytest.mark.parametrize(
    ("text", "audio", "passes"),
    [
        (1, 1, ["both"]),
        (7, 7, ["none", "both"]),
        (5, 1, ["audio", "both"]),
        (0, 0, ["none"]),
        (0, 1, ["audio"]),
        (0, 4, ["none", "audio"]),
        (5, 4, ["none", "audio", "both"]),
    ],
)
def test_a_pass_without_weight_is_not_run(text: float, audio: float, passes: list[str]) -> None:
    asked: list[tuple[str, float]] = []

    def velocity(condition: Condition, latents: Latents, timestep: float) -> Latents:
        asked.append((condition.value, timestep))
        return answer(condition, latents, timestep)

    Guidance(text, audio).guide(velocity)(LATENTS, 321.0)
    assert asked == [(name, 321.0) for name in passes]


def test_without_guidance_the_model_s_own_velocity_comes_back() -> None:
    own = answer(Condition.BOTH, LATENTS, 0)
    assert Guidance.single(1.0).guide(lambda _c, _x, _t: own)(LATENTS, 500.0) is own


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="scale text is -1"):
        Guidance(-1, 1)
    with pytest.raises(ValueError, match="scale audio is nan"):
        Guidance(1, float("nan"))
    with pytest.raises(ValueError, match="the velocity for none has the shapes"):
        Guidance.single(2).guide(lambda _c, x, _t: x[:1])(LATENTS, 1.0)
