"""What reaches what: Eq. 4, its released variant, and stage 1; and that RGB never knows of HOI in stage 2."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from cointeract_model.inputs import Conditions, NoisyLatents
from cointeract_model.switches import Stage, Switches, paper, release
from cointeract_model.transformer import Prediction, Transformer
from tests.model.samples import Case, random_inputs, random_model, without_hoi

PRESETS = {"paper": paper(), "release": release()}
RGB_PARTS = {"target", "person", "product", "motion", "pose", "text", "audio"}
ALL_PARTS = RGB_PARTS | {"hoi", "hoi_text"}


def _predict(model: Transformer, case: Case, stage: Stage) -> tuple[dict[str, Tensor], Prediction]:
    conditions, noisy = random_inputs(case)
    inputs = {
        "target": noisy.target,
        "hoi": noisy.hoi,
        "person": conditions.person,
        "product": conditions.product,
        "motion": conditions.motion,
        "pose": conditions.pose,
        "audio": conditions.audio,
        "text": conditions.text.rows,
        "hoi_text": conditions.hoi_text.rows,
    }
    for tensor in inputs.values():
        tensor.requires_grad_()
    return inputs, model(noisy, model.encode(conditions), stage=stage)


def _reaches(inputs: dict[str, Tensor], output: Tensor) -> set[str]:
    gradients = torch.autograd.grad(output.square().sum(), list(inputs.values()), allow_unused=True, retain_graph=True)
    return {name for name, grad in zip(inputs, gradients, strict=True) if grad is not None and grad.any()}


def _one_block(switches: Switches) -> Transformer:
    """With one block and no audio behind it, a token knows only what its own queries saw."""
    from cointeract_model.config import ModelConfig, tiny

    config = ModelConfig.model_validate({**tiny().model_dump(), "layers": 1, "audio_layers": ()})
    return random_model(switches, config)


@pytest.mark.parametrize("preset", PRESETS)
def test_in_stage_1_everything_reaches_both_streams(preset: str) -> None:
    inputs, prediction = _predict(random_model(PRESETS[preset]), Case(), Stage.JOINT)
    assert _reaches(inputs, prediction.velocity) == ALL_PARTS
    assert _reaches(inputs, prediction.hoi_velocity) == ALL_PARTS


@pytest.mark.parametrize("preset", PRESETS)
def test_in_stage_2_no_hoi_reaches_rgb(preset: str) -> None:
    inputs, prediction = _predict(random_model(PRESETS[preset]), Case(), Stage.ASYMMETRIC)
    assert _reaches(inputs, prediction.velocity) == RGB_PARTS


def test_by_eq_4_hoi_queries_see_every_rgb_token() -> None:
    inputs, prediction = _predict(_one_block(paper()), Case(), Stage.ASYMMETRIC)
    # One layer of attention: the prompt of RGB enters its tokens after they were seen.
    assert _reaches(inputs, prediction.hoi_velocity) == {
        "target", "person", "product", "motion", "pose", "hoi", "hoi_text",
    }  # fmt: skip


def test_released_hoi_queries_see_neither_person_nor_motion() -> None:
    inputs, prediction = _predict(_one_block(release()), Case(), Stage.ASYMMETRIC)
    assert _reaches(inputs, prediction.hoi_velocity) == {"target", "product", "pose", "hoi", "hoi_text"}


@pytest.mark.parametrize("stage", Stage)
def test_the_hoi_loss_trains_the_shared_weights(stage: Stage) -> None:
    model = random_model()
    _, prediction = _predict(model, Case(), stage)
    shared = model.blocks[0].self_attention.k.weight
    (gradient,) = torch.autograd.grad(prediction.hoi_velocity.square().sum(), shared)
    assert gradient.any()


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("case", [Case(), Case(motion=False, product=False, height=12, frames=3), Case(frames=5)])
@torch.no_grad()
def test_in_stage_2_rgb_with_hoi_is_rgb_without_to_the_bit(preset: str, case: Case) -> None:
    model = random_model(PRESETS[preset])
    conditions, noisy = random_inputs(case)
    alone_conditions, alone_noisy = without_hoi(conditions, noisy)
    beside = model(noisy, model.encode(conditions), router_logits=True)
    alone = model(alone_noisy, model.encode(alone_conditions), router_logits=True)
    assert torch.equal(beside.velocity, alone.velocity)
    assert alone.hoi_velocity is None
    for logits, own in zip(beside.router_logits, alone.router_logits, strict=True):
        assert torch.equal(logits, own)


def _differs(model: Transformer, conditions: Conditions, noisy: NoisyLatents, other: NoisyLatents) -> bool:
    context = model.encode(conditions)
    with torch.no_grad():
        return not torch.equal(model(noisy, context).hoi_velocity, model(other, context).hoi_velocity)


@pytest.mark.parametrize(("preset", "expected"), [("paper", True), ("release", False)])
def test_only_the_paper_s_blocks_know_the_timestep_of_hoi(preset: str, expected: bool) -> None:
    model = _one_block(PRESETS[preset])
    with torch.no_grad():  # a head that doesn't modulate: what is left of the timestep comes from the blocks
        model.hoi_head.projection.weight.zero_()
        model.hoi_head.projection.weight[:, 0] = 1
        model.timestep_embedding.embedding[2].weight[0].zero_()
        model.timestep_embedding.embedding[2].bias[0].zero_()
    conditions, noisy = random_inputs(Case())
    later = replace(noisy, hoi_timestep=noisy.timestep + 300)
    assert _differs(model, conditions, noisy, later) is expected
