"""Low-rank adaptation: where it goes, that it starts at nothing, and that merged and kept agree."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from cointeract_model.config import wan_s2v_14b
from cointeract_model.errors import ConfigurationError
from cointeract_model.lora import (
    LoraConfig,
    LoraLinear,
    add_lora,
    load_lora_state,
    lora_config,
    lora_state,
    lora_targets,
    merge_lora,
    merged_weight,
    unmerge_lora,
)
from cointeract_model.switches import release
from cointeract_model.transformer import Prediction, Transformer
from tests.model.samples import Case, random_inputs, random_model

RANK = 3
RELEASED_LAYERS, RELEASED_PARAMETERS = 448, 676.3e6


@torch.no_grad()
def _predict(model: Transformer) -> Prediction:
    conditions, noisy = random_inputs(Case())
    return model(noisy, model.encode(conditions))


def _randomise(model: Transformer) -> None:
    generator = torch.Generator().manual_seed(7)
    load_lora_state(
        model,
        {name: torch.randn(tensor.shape, generator=generator) * 0.1 for name, tensor in lora_state(model).items()},
    )


def test_the_released_layers_are_adapted() -> None:
    with torch.device("meta"):
        model = Transformer(wan_s2v_14b(), release())
        add_lora(model, LoraConfig())
    assert len(lora_targets(model)) == RELEASED_LAYERS
    assert len(lora_state(model)) == 2 * RELEASED_LAYERS
    parameters = sum(tensor.numel() for tensor in lora_state(model).values())
    assert parameters == pytest.approx(RELEASED_PARAMETERS, rel=1e-3)


def test_a_new_update_changes_nothing_and_no_other_name() -> None:
    model = random_model()
    before, names = _predict(model), set(model.state_dict())
    add_lora(model, LoraConfig(rank=RANK))
    after = _predict(model)
    assert torch.equal(before.velocity, after.velocity)
    assert set(model.state_dict()) - names == set(lora_state(model))
    assert all(not tensor.any() for name, tensor in lora_state(model).items() if name.endswith("lora_b"))
    assert all(tensor.any() for name, tensor in lora_state(model).items() if name.endswith("lora_a"))


def test_merged_predicts_what_kept_predicts_and_differs_from_the_base() -> None:
    model = random_model()
    base = _predict(model).velocity
    add_lora(model, LoraConfig(rank=RANK, alpha=2.0 * RANK))
    _randomise(model)
    kept = _predict(model)
    merge_lora(model)
    merged = _predict(model)
    assert lora_config(model) is None
    assert not any(isinstance(module, LoraLinear) for module in model.modules())
    assert (kept.velocity - base).norm() > 0.01 * base.norm()
    assert kept.hoi_velocity is not None
    assert merged.hoi_velocity is not None
    torch.testing.assert_close(merged.velocity, kept.velocity, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(merged.hoi_velocity, kept.hoi_velocity, rtol=1e-4, atol=1e-4)


def test_unmerging_gives_the_weights_back_but_for_rounding() -> None:
    model = random_model()
    add_lora(model, LoraConfig(rank=RANK))
    _randomise(model)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    unmerge_lora(model, merge_lora(model))
    after = model.state_dict()
    assert list(after) == list(before)
    for name, tensor in before.items():
        torch.testing.assert_close(after[name], tensor, rtol=0, atol=1e-6)
    assert lora_config(model) == LoraConfig(rank=RANK)


def test_gradients_reach_the_update_while_the_weights_are_frozen() -> None:
    model = random_model()
    model.requires_grad_(requires_grad=False)
    add_lora(model, LoraConfig(rank=RANK))
    _randomise(model)
    conditions, noisy = random_inputs(Case())
    prediction = model(noisy, model.encode(conditions))
    assert prediction.hoi_velocity is not None
    (prediction.velocity.square().mean() + prediction.hoi_velocity.square().mean()).backward()
    with_gradient = {name for name, parameter in model.named_parameters() if parameter.grad is not None}
    assert with_gradient == set(lora_state(model))


def test_a_float32_update_of_bfloat16_weights_keeps_small_steps() -> None:
    layer = nn.Linear(8, 8, dtype=torch.bfloat16)
    adapted = LoraLinear(layer, LoraConfig(rank=2), torch.float32)
    assert adapted.lora_a.dtype == torch.float32
    assert adapted(torch.ones(1, 8, dtype=torch.bfloat16)).dtype == torch.bfloat16
    assert adapted.weight is layer.weight


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 6), st.integers(1, 9), st.integers(1, 9), st.floats(-4, 4), st.integers(0, 2**31))
def test_a_merged_weight_maps_as_weight_and_update_together(
    rank: int, inputs: int, outputs: int, scale: float, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    weight, down, up, features = normal(outputs, inputs), normal(rank, inputs), normal(outputs, rank), normal(inputs)
    exact = weight @ features + scale * (up @ (down @ features))
    torch.testing.assert_close(merged_weight(weight, down, up, scale) @ features, exact, rtol=1e-12, atol=1e-12)
    merged = merged_weight(weight.float(), down.float(), up.float(), scale)
    torch.testing.assert_close(merged.double() @ features, exact, rtol=1e-4, atol=1e-4)


def test_merging_rounds_once_in_bfloat16() -> None:
    weight = torch.full((1, 1), 1.0, dtype=torch.bfloat16)
    down, up = torch.full((3, 1), 0.0625, dtype=torch.bfloat16), torch.full((1, 3), 0.0417, dtype=torch.bfloat16)
    exact = 1 + 3 * 0.0625 * float(up[0, 0])
    assert merged_weight(weight, down, up, 1.0) == torch.tensor(exact).bfloat16()


def test_lora_is_added_once_and_merged_once() -> None:
    model = random_model()
    with pytest.raises(ConfigurationError, match="no LoRA"):
        merge_lora(model)
    add_lora(model, LoraConfig(rank=RANK))
    with pytest.raises(ConfigurationError, match="already"):
        add_lora(model, LoraConfig(rank=RANK))


def test_another_update_is_refused_with_a_tensor_s_name() -> None:
    model, other = random_model(), random_model()
    add_lora(model, LoraConfig(rank=RANK))
    add_lora(other, LoraConfig(rank=RANK + 1))
    with pytest.raises(ConfigurationError, match=r"lora_[ab]"):
        load_lora_state(model, lora_state(other))
    with pytest.raises(ConfigurationError, match="LoRA of 0 tensors"):
        load_lora_state(model, {})
