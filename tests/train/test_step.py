"""One step: its loss, its gradient, and that it doesn't matter how its samples are shared out."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from tests.train.toy import DIMENSIONS, toy_config, toy_example

from cointeract_model.flow.latents import seeded
from cointeract_model.flow.schedule import FlowSchedule
from cointeract_model.flow.training import TrainingFlow
from cointeract_model.flow.weights import LossWeighting
from cointeract_model.router_loss import router_loss, router_metrics
from cointeract_model.switches import Stage, paper
from cointeract_train.batch import Draws, stack
from cointeract_train.losses import joint_loss, routed_tokens
from cointeract_train.module import TrainingModule
from cointeract_train.trainable import build_model

CPU = torch.device("cpu")


def _module(**groups: object) -> TrainingModule:
    """A module whose zero-initialised layers are random, so that every part has a gradient."""
    config = toy_config(**groups)
    module = TrainingModule(build_model(config), config)
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for parameter in module.model.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=generator))
    return module


def _gradients(module: TrainingModule) -> dict[str, torch.Tensor]:
    return {name: parameter.grad for name, parameter in module.model.named_parameters() if parameter.grad is not None}


@pytest.mark.parametrize("weighting", ["none", "gaussian"])
def test_the_draw_is_that_of_the_flow_and_its_timesteps_stay_precise(weighting: str) -> None:
    switches = paper().model_copy(update={"loss_weighting": weighting})
    stacked = stack([toy_example(number) for number in range(3)], hoi=True)
    inputs = Draws(switches).random(stacked, CPU)
    flow = TrainingFlow(FlowSchedule.shifted(), LossWeighting(weighting))
    expected = flow.draw(stacked.clean, seeded(stacked.seeds))
    assert torch.equal(inputs.noisy.timestep, expected.timesteps)
    assert inputs.noisy.timestep.dtype == torch.float32
    assert torch.equal(inputs.noisy.target, expected.noisy[0])
    assert torch.equal(inputs.draw.weights, expected.weights)


def test_a_draw_depends_on_no_other_example() -> None:
    draws = Draws(paper())
    together = draws.random(stack([toy_example(number) for number in range(4)], hoi=True), CPU)
    for number in range(4):
        alone = draws.random(stack([toy_example(number)], hoi=True), CPU)
        assert torch.equal(alone.noisy.target[0], together.noisy.target[number])
        assert alone.noisy.timestep[0] == together.noisy.timestep[number]
        if alone.noisy.hoi is not None:
            assert torch.equal(alone.noisy.hoi[0], together.noisy.hoi[number])


def test_the_loss_is_the_mean_over_samples_of_rgb_and_weighted_hoi_and_router() -> None:
    module = _module(model={"switches": {"lambda_hoi": 0.5, "eta_router": 0.05}})
    examples = [toy_example(0), toy_example(3)]  # the second without HOI
    stacked = module.stacked(examples)
    inputs = module.draws.random(stacked, CPU)
    losses = module.losses(inputs, Stage.JOINT)
    prediction = module.model(
        inputs.noisy, module.model.encode(inputs.conditions), stage=Stage.JOINT, router_logits=True
    )
    errors = (prediction.velocity - inputs.draw.velocity[0]).square().flatten(1).mean(1)
    hoi_error = (prediction.hoi_velocity[0] - inputs.draw.velocity[1][0]).square().mean()
    router = router_loss(prediction.router_logits, stacked.labels, (1.0, 1.0, 1.0))
    expected = errors.mean() + 0.5 * hoi_error / 2 + 0.05 * router
    torch.testing.assert_close(losses.total, expected)
    assert losses.hoi[1] == 0


@pytest.mark.parametrize("groups", [{}, {"model": {"preset": "release"}}], ids=["paper", "release"])
@pytest.mark.parametrize("stage", Stage)
def test_accumulated_gradients_are_those_of_the_large_batch(groups: dict[str, object], stage: Stage) -> None:
    """Samples with and without motion and HOI, so that a mean over what each part has would differ."""
    examples = [toy_example(number) for number in range(4)]
    assert {one.hoi is None for one in examples} == {True, False}
    whole, parts = _module(**groups), _module(**groups)
    inputs = whole.draws.random(whole.stacked(examples), CPU)
    whole.losses(inputs, stage).total.backward()
    for example in examples:
        inputs = parts.draws.random(parts.stacked([example]), CPU)
        (parts.losses(inputs, stage).total / len(examples)).backward()
    accumulated = _gradients(parts)
    for name, gradient in _gradients(whole).items():
        torch.testing.assert_close(accumulated[name], gradient, rtol=1e-4, atol=1e-6, msg=lambda text, n=name: n + text)


def test_routed_tokens_agree_with_the_routers_metrics() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = tuple(torch.randn(2, 50, 3, generator=generator) for _ in range(3))
    labels = torch.randint(3, (2, 50), generator=generator)
    routed = routed_tokens(logits, labels)
    metrics = router_metrics(logits, labels)
    assert routed.sum() == 300
    torch.testing.assert_close(routed.diagonal() / routed.sum(1), metrics.recall)
    torch.testing.assert_close(routed.diagonal() / routed.sum(0), metrics.precision)


def test_a_model_without_hoi_or_experts_leaves_their_terms_out() -> None:
    dimensions = {**DIMENSIONS.model_dump(), "expert_size": None, "hoi": False}
    module = _module(model={"dimensions": dimensions})
    inputs = module.draws.random(module.stacked([toy_example(0), toy_example(1)]), CPU)
    losses = module.losses(inputs, Stage.JOINT)
    assert inputs.noisy.hoi is None
    assert losses.router == 0
    assert losses.routed.sum() == 0
    torch.testing.assert_close(losses.total.detach(), losses.rgb.mean())


def test_losses_are_float32_whatever_the_model_answers_in() -> None:
    module = _module()
    inputs = module.draws.random(module.stacked([toy_example(0), toy_example(1)]), CPU)
    with torch.autocast("cpu", torch.bfloat16):
        low = module.losses(inputs, Stage.ASYMMETRIC)
    exact = module.losses(inputs, Stage.ASYMMETRIC)
    assert low.total.dtype == low.rgb.dtype == low.router.dtype == torch.float32
    assert abs(low.total.item() - exact.total.item()) < 0.05 * exact.total.item()
    assert low.total != exact.total


def test_class_weights_reach_the_loss() -> None:
    module = _module()
    inputs = module.draws.random(module.stacked([toy_example(0)]), CPU)
    prediction = module.model(
        inputs.noisy, module.model.encode(inputs.conditions), stage=Stage.JOINT, router_logits=True
    )
    weighted = paper().model_copy(update={"router_class_weights": replace_hand(10.0)})
    assert joint_loss(prediction, inputs, weighted).router > joint_loss(prediction, inputs, paper()).router


def replace_hand(weight: float) -> object:
    return paper().router_class_weights.model_copy(update={"hand": weight})


def test_examples_of_different_sizes_are_refused() -> None:
    example = toy_example(0)
    larger = replace(example.conditions, person=torch.zeros(1, 16, 1, 16, 8))
    with pytest.raises(ValueError, match="different sizes"):
        stack([example, replace(example, conditions=larger)], hoi=True)
