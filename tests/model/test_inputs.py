"""Bad input is refused with what was wrong, where, and the value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from pydantic import ValidationError

from cointeract_model.config import ModelConfig, tiny, wan_s2v_14b
from cointeract_model.errors import InputError
from cointeract_model.inputs import Conditions, NoisyLatents, Text, check_conditions
from cointeract_model.switches import HOI_PROMPT_TEMPLATE, Stage, Switches, paper, release
from tests.model.samples import Case, random_inputs, random_model

Spoil = Callable[[Conditions], Conditions]

BAD_CONDITIONS: dict[str, tuple[Spoil, str]] = {
    "person with two frames": (
        lambda c: replace(c, person=c.person.repeat(1, 1, 2, 1, 1)),
        r"person is \(1, 16, 2, 8, 8\), not \(B, 16, 1, h, w\)",
    ),
    "empty batch": (lambda c: replace(c, person=c.person[:0]), "the batch is empty"),
    "odd width": (lambda c: replace(c, person=c.person[..., :7]), "8x7 cells don't fit tokens of 2x2"),
    "whole numbers": (lambda c: replace(c, person=c.person.int()), r"person is torch.int32: give floating point"),
    "audio of another encoder": (lambda c: replace(c, audio=c.audio[:, :12]), r"audio is \(1, 12, 24, 8\), not"),
    "empty audio": (lambda c: replace(c, audio=c.audio[..., :0]), "audio has 0 frames"),
    "audio between latents": (
        lambda c: replace(c, audio=c.audio[..., :7]),
        r"audio has 7 frames; T target latents need 4 T or 4 T \+ 1",
    ),
    "product of another size": (
        lambda c: replace(c, product=c.product[..., :6]),
        r"product is \(1, 16, 1, 8, 6\), not \(1, 16, 1, 8, 8\)",
    ),
    "too little motion": (lambda c: replace(c, motion=c.motion[:, :, :18]), r"motion is \(1, 16, 18, 8, 8\)"),
    "pose of another length": (lambda c: replace(c, pose=c.pose[:, :, :1]), r"pose is \(1, 16, 1, 8, 8\)"),
    "text of another encoder": (lambda c: replace(c, text=Text(c.text.rows[..., :4])), r"text is \(1, 5, 4\)"),
    "no text rows": (lambda c: replace(c, text=Text(c.text.rows[:, :0])), r"text is \(1, 0, 32\)"),
    "longer than its text": (lambda c: replace(c, text=Text(c.text.rows, (6,))), r"text has lengths \(6,\)"),
    "flags of nothing": (
        lambda c: replace(c, motion=None, motion_present=(True,)),
        "motion_present is .* nothing that it speaks of",
    ),
    "flags of other samples": (lambda c: replace(c, product_present=(True, True)), "2 entries for 1 samples"),
    "a product of no size": (lambda c: replace(c, product_scale=(0.0,)), "product scale 0.0 is no share"),
    "more time than there is": (
        lambda c: replace(c, pose=None, audio=c.audio.repeat(1, 1, 1, 20)),
        "40 target latents reach time 39",
    ),
}


@pytest.mark.parametrize("name", BAD_CONDITIONS)
def test_conditions_that_do_not_fit_are_refused(name: str) -> None:
    spoil, message = BAD_CONDITIONS[name]
    conditions, _ = random_inputs(Case())
    with pytest.raises(InputError, match=message):
        random_model().encode(spoil(conditions))


def test_motion_needs_cells_for_one_far_token() -> None:
    conditions, _ = random_inputs(Case(height=6))
    with pytest.raises(InputError, match="at least 8x8 cells, not 6x8"):
        check_conditions(conditions, tiny())
    check_conditions(replace(conditions, motion=None), tiny())


def test_hoi_needs_a_model_that_has_it() -> None:
    model = random_model(config=tiny(hoi=False))
    conditions, noisy = random_inputs(Case())
    with pytest.raises(InputError, match="built without HOI parts"):
        model.encode(conditions)
    alone = model(replace(noisy, hoi=None), model.encode(replace(conditions, hoi_text=None)))
    assert alone.hoi_velocity is None


BAD_NOISY: dict[str, tuple[Callable[[NoisyLatents], NoisyLatents], str]] = {
    "another size": (lambda n: replace(n, target=n.target[..., :6]), r"target is \(1, 16, 2, 8, 6\), but"),
    "hoi of another size": (lambda n: replace(n, hoi=n.hoi[:, :, :1]), r"hoi is \(1, 16, 1, 8, 8\), but"),
    "no hoi": (lambda n: replace(n, hoi=None), "HOI latents are missing"),
    "two timesteps": (lambda n: replace(n, timestep=n.timestep.repeat(2)), r"timestep is \(2,\), not \(1,\)"),
    "timestep above": (lambda n: replace(n, timestep=n.timestep + 501), r"timesteps \(1001.0,\)"),
    "timestep below": (lambda n: replace(n, timestep=-n.timestep), r"timesteps \(-500.0,\)"),
    "no number": (lambda n: replace(n, timestep=n.timestep * torch.nan), r"timesteps \(nan,\)"),
    "hoi timestep above": (lambda n: replace(n, hoi_timestep=n.timestep + 501), r"timesteps \(1001.0,\)"),
}


@pytest.mark.parametrize("name", BAD_NOISY)
def test_latents_and_timesteps_that_do_not_fit_are_refused(name: str) -> None:
    spoil, message = BAD_NOISY[name]
    model = random_model()
    conditions, noisy = random_inputs(Case())
    with pytest.raises(InputError, match=message):
        model(spoil(noisy), model.encode(conditions))


def test_hoi_latents_without_a_prompt_are_refused() -> None:
    model = random_model()
    conditions, noisy = random_inputs(Case())
    with pytest.raises(InputError, match="HOI latents are given, but the conditions have no HOI prompt"):
        model(noisy, model.encode(replace(conditions, hoi_text=None)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"heads": 5}, "hidden_size 48 isn't a multiple of heads 5"),
        ({"heads": 12}, "a head of 4 features"),
        ({"audio_layers": (2, 0)}, "must ascend within 0 .. 2"),
        ({"audio_layers": (0, 3)}, "must ascend within 0 .. 2"),
        ({"timestep_size": 31}, "timestep_size 31 is odd"),
        ({"width": 48}, "Extra inputs are not permitted"),
    ],
)
def test_dimensions_that_make_no_model_are_refused(change: dict, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        ModelConfig.model_validate({**tiny().model_dump(), **change})


def test_unknown_switches_and_values_are_refused() -> None:
    with pytest.raises(ValidationError, match="hoi_width"):
        Switches.model_validate({"hoi_width": "paper"})
    with pytest.raises(ValidationError, match="'eq4' or 'release'"):
        Switches.model_validate({"hoi_keys": "all"})


def test_every_switch_cites_the_paper_and_the_release() -> None:
    documented = Switches.model_json_schema() and Switches.__pydantic_fields__
    source = __import__("inspect").getsource(Switches)
    for name in documented:
        docstring = source.split(f"    {name}:")[1].split('"""')[1]
        assert "aper" in docstring, name
        assert "Released" in docstring, name


def test_presets_differ_in_every_switch_that_the_two_state_differently() -> None:
    same = {name for name in Switches.model_fields if getattr(paper(), name) == getattr(release(), name)}
    assert same == {"training_shift"}


def test_the_hoi_prompt_is_the_template_alone_or_before_the_prompt() -> None:
    assert paper().hoi_prompt_of("A woman.") == HOI_PROMPT_TEMPLATE
    assert release().hoi_prompt_of("A woman.") == HOI_PROMPT_TEMPLATE + "A woman."


def test_the_released_model_has_its_sizes() -> None:
    config = wan_s2v_14b()
    assert (config.head_size, config.router_width, len(config.audio_layers)) == (128, 2560, 12)
    assert Stage("joint") is Stage.JOINT
