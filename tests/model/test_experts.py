"""Where and when experts count."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from cointeract_model.config import tiny
from cointeract_model.experts import DispatchedExperts, MixedExperts
from cointeract_model.feed_forward import FeedForward
from cointeract_model.layout import Segment, Span
from cointeract_model.switches import paper, release
from tests.model.samples import Case, random_inputs, random_model

HIDDEN = 48


def _randomised(module: nn.Module) -> nn.Module:
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_(std=0.3)
    return module


def test_a_token_goes_to_the_expert_of_its_likeliest_region_weighted_by_its_probability() -> None:
    experts = _randomised(DispatchedExperts(HIDDEN, 8))
    tokens, logits = torch.randn(2, 5, HIDDEN), torch.randn(2, 5, 3)
    out = experts(tokens, logits)
    by_label = (experts.base, experts.hand, experts.head)
    for sample in range(2):
        for token in range(5):
            probabilities = logits[sample, token].softmax(-1)
            region = int(probabilities.argmax())
            expected = probabilities[region] * by_label[region](tokens[sample, token])
            torch.testing.assert_close(out[sample, token], expected)


def test_released_experts_are_mixed_and_base_weighs_nothing() -> None:
    experts = _randomised(MixedExperts(HIDDEN, 8))
    tokens, logits = torch.randn(2, 5, HIDDEN), torch.randn(2, 5, 3)
    _, hand, head = logits.softmax(-1).unbind(-1)
    expected = hand[..., None] * experts.hand(tokens) + head[..., None] * experts.head(tokens)
    torch.testing.assert_close(experts(tokens, logits), expected)


def test_an_expert_without_tokens_has_gradients_of_zero() -> None:
    experts = _randomised(DispatchedExperts(HIDDEN, 8))
    all_hand = torch.tensor([0.0, 9.0, 0.0]).expand(1, 4, 3)
    experts(torch.randn(1, 4, HIDDEN), all_hand).sum().backward()
    assert experts.hand.fc1.weight.grad.any()
    for idle in (experts.base, experts.head):
        assert idle.fc1.weight.grad is not None
        assert not idle.fc1.weight.grad.any()


@pytest.mark.parametrize("switches", [paper(), release()])
def test_experts_change_the_target_of_their_samples_and_nothing_else(switches: object) -> None:
    feed_forward = _randomised(FeedForward(tiny(), switches))
    tokens = torch.randn(2, 9, HIDDEN)
    target = Span(Segment.TARGET, 3, 7)
    out, logits = feed_forward(tokens, target, (1,), with_logits=True)
    shared = feed_forward.shared(tokens)
    changed = (out - shared).abs().amax(-1) > 0
    assert changed.tolist() == [[False] * 9, [False] * 3 + [True] * 4 + [False] * 2]
    assert logits.shape == (2, 4, 3)


def _counted(model: nn.Module) -> dict[str, int]:
    """Tokens that passed each expert and router, by name, counted from now on."""
    tokens: dict[str, int] = {}

    def count(name: str, module: nn.Module) -> None:
        def hook(_module: nn.Module, arguments: tuple, _output: object) -> None:
            tokens[name] = tokens.get(name, 0) + arguments[0].numel() // arguments[0].shape[-1]

        module.register_forward_hook(hook)

    for index, block in enumerate(model.blocks):
        count(f"router.{index}", block.feed_forward.router)
        for name, expert in block.feed_forward.experts.named_children():
            count(f"{name}.{index}", expert)
    return tokens


@pytest.mark.parametrize(("timestep", "tokens"), [(0.0, 32), (899.0, 32), (899.99, 32), (900.0, 0), (1000.0, 0)])
@torch.no_grad()
def test_released_experts_run_over_nothing_from_900_on(timestep: float, tokens: int) -> None:
    model = random_model(release())
    counted = _counted(model)
    conditions, noisy = random_inputs(Case(timestep=timestep))
    context = model.encode(conditions)
    without = model(noisy, context)
    assert set(counted.values()) == {tokens}
    assert without.router_logits == ()
    with_logits = model(noisy, context, router_logits=True)
    assert [logits.shape for logits in with_logits.router_logits] == [(1, 32, 3)] * 3
    assert torch.equal(with_logits.velocity, without.velocity)


@torch.no_grad()
def test_the_paper_s_experts_share_out_the_target_s_tokens_at_every_timestep() -> None:
    model = random_model(paper())
    counted = _counted(model)
    conditions, noisy = random_inputs(Case(timestep=1000.0))
    model(noisy, model.encode(conditions))
    for block in range(3):
        assert sum(counted[f"{name}.{block}"] for name in ("base", "hand", "head")) == 32


@torch.no_grad()
def test_a_model_without_experts_has_no_logits() -> None:
    model = random_model(config=tiny(expert_size=None))
    conditions, noisy = random_inputs(Case())
    assert model(noisy, model.encode(conditions), router_logits=True).router_logits == ()


def test_experts_without_a_diffusion_gradient_still_have_one_of_zero() -> None:
    model = random_model(release())
    conditions, noisy = random_inputs(Case(timestep=950.0))
    prediction = model(noisy, model.encode(conditions), router_logits=True)
    (prediction.velocity.square().mean() + torch.stack(prediction.router_logits).square().mean()).backward()
    feed_forward = model.blocks[0].feed_forward
    assert feed_forward.router[0].weight.grad.any()
    assert feed_forward.experts.hand.fc1.weight.grad is not None
    assert not feed_forward.experts.hand.fc1.weight.grad.any()


@torch.no_grad()
def test_the_router_is_free_to_be_narrow() -> None:
    config = tiny().model_copy(update={"router_size": 8})
    model = random_model(config=config)
    conditions, noisy = random_inputs(Case())
    assert model.blocks[0].feed_forward.router[0].out_features == 8
    assert model(noisy, model.encode(replace(conditions, pose=None))).velocity.isfinite().all()
