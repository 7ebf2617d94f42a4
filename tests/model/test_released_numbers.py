"""The released module's own numbers, where they are at hand beside the repository."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from cointeract_model.released_io import released_config, released_forward, released_model
from cointeract_model.switches import Stage
from cointeract_model.transformer import Transformer

GOLDEN = Path(__file__).parents[3] / "shared" / "golden" / "s2v_release"
CASES = (
    "stage1_mutual",
    "stage2_asymmetric",
    "stage2_no_product_no_motion_high_t",
    "inference_rgb_only",
    "stage2_scaled_product",
)
TOLERANCE = 1e-5

pytestmark = pytest.mark.skipif(not GOLDEN.exists(), reason="needs the released numbers beside the repository")


@pytest.fixture(scope="module")
def meta() -> dict:
    return json.loads((GOLDEN / "meta.json").read_text())


@pytest.fixture(scope="module")
def model(meta: dict) -> Transformer:
    return released_model(released_config(meta["model"]), load_file(GOLDEN / "weights.safetensors"))


@pytest.mark.parametrize("case", CASES)
@torch.no_grad()
def test_latents_hoi_and_logits_are_the_released_ones(case: str, meta: dict, model: Transformer) -> None:
    facts, numbers = meta["cases"][case], load_file(GOLDEN / f"{case}.safetensors")
    inputs = {name.removeprefix("in."): value for name, value in numbers.items() if name.startswith("in.")}
    expected = {name.removeprefix("out."): value for name, value in numbers.items() if name.startswith("out.")}
    outputs = released_forward(
        model,
        inputs,
        stage=Stage.JOINT if facts.get("mutual") else Stage.ASYMMETRIC,
        product_scale=facts.get("scale", 1.0),
        drop_motion=facts.get("drop_motion", False),
    )
    assert outputs.keys() == expected.keys()
    for name, value in expected.items():
        error = (outputs[name] - value).abs().max() / value.abs().max()
        assert error < TOLERANCE, f"{name} differs by {error:.1e}"
