"""The released design written plainly gives what the model gives, at every size and with every part."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file

from cointeract_model.checkpoints.names import to_released
from cointeract_model.config import tiny
from cointeract_model.released_io import released_config, released_forward
from cointeract_model.switches import Stage, release
from tests.model.plain import plain_forward
from tests.model.samples import Case, random_inputs, random_model, released_inputs
from tests.model.test_released_numbers import CASES, GOLDEN, TOLERANCE

MODEL = random_model(release())
STATE = to_released(MODEL.state_dict(), tiny().audio_layers)

sizes = st.integers(4, 9).map(lambda half: 2 * half)
cases = st.builds(
    Case,
    motion=st.booleans(),
    product=st.booleans(),
    pose=st.booleans(),
    hoi=st.booleans(),
    text_rows=st.integers(1, 9),
    timestep=st.sampled_from([0.0, 0.5, 120.0, 899.0, 899.9, 900.0, 950.0, 1000.0]),
    scale=st.sampled_from([1.0, 0.9, 0.7, 0.5, 0.3, 0.05]),
    frames=st.integers(1, 6),
    height=sizes,
    width=sizes,
)


@settings(max_examples=25, deadline=None)
@given(cases, st.sampled_from(Stage), st.booleans())
@torch.no_grad()
def test_the_model_gives_what_the_plain_reading_gives(case: Case, stage: Stage, masked: bool) -> None:
    inputs = released_inputs(*random_inputs(case))
    expected = plain_forward(
        STATE, tiny(), inputs, joint=stage is Stage.JOINT, scale=case.scale, drop_motion=not case.motion, masked=masked
    )
    outputs = released_forward(MODEL, inputs, stage=stage, product_scale=case.scale, drop_motion=not case.motion)
    assert outputs.keys() == expected.keys()
    for name, value in expected.items():
        error = (outputs[name] - value).abs().max() / value.abs().max()
        assert error < 2e-5, f"{name} differs by {error:.1e}"


@pytest.mark.skipif(not GOLDEN.exists(), reason="needs the released numbers beside the repository")
@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("case", CASES)
@torch.no_grad()
def test_the_plain_reading_is_the_released_one(case: str, masked: bool) -> None:
    import json

    meta = json.loads((GOLDEN / "meta.json").read_text())
    facts, numbers = meta["cases"][case], load_file(GOLDEN / f"{case}.safetensors")
    outputs = plain_forward(
        load_file(GOLDEN / "weights.safetensors"),
        released_config(meta["model"]),
        {name.removeprefix("in."): value for name, value in numbers.items() if name.startswith("in.")},
        joint=facts.get("mutual", False),
        scale=facts.get("scale", 1.0),
        drop_motion=facts.get("drop_motion", False),
        masked=masked,
    )
    for name, value in outputs.items():
        expected = numbers[f"out.{name}"]
        assert (value - expected).abs().max() < TOLERANCE * expected.abs().max(), name
