"""Half precision: what must not collapse, and that the model runs."""

from __future__ import annotations

import pytest
import torch

from cointeract_model.errors import InputError
from cointeract_model.inputs import NoisyLatents
from cointeract_model.switches import Stage
from tests.model.samples import Case, random_inputs, random_model


def _shifted_timesteps() -> torch.Tensor:
    """The 1,000 timesteps of training (shift 5)."""
    sigma = torch.linspace(1, 0, 1001, dtype=torch.float64)[:-1]
    return 1000 * 5 * sigma / (1 + 4 * sigma)


def test_a_model_in_bfloat16_tells_a_thousand_timesteps_apart() -> None:
    timesteps = _shifted_timesteps()
    assert len(timesteps.bfloat16().unique()) < 300
    with torch.no_grad():
        times = random_model(dtype=torch.bfloat16).timestep_embedding(timesteps)
    assert times.noisy.dtype == torch.float32
    assert len(times.noisy.flatten(1).unique(dim=0)) == 1000


def test_timesteps_in_half_precision_are_refused() -> None:
    model = random_model()
    conditions, noisy = random_inputs(Case())
    context = model.encode(conditions)
    with pytest.raises(InputError, match=r"timestep is torch.bfloat16"):
        model(NoisyLatents(noisy.target, noisy.timestep.bfloat16(), noisy.hoi), context)


@pytest.mark.parametrize("stage", Stage)
def test_bfloat16_trains_and_stays_near_float32(stage: Stage) -> None:
    conditions, noisy = random_inputs(Case())
    exact = random_model()
    expected = exact(noisy, exact.encode(conditions), stage=stage)
    model = random_model(dtype=torch.bfloat16)
    prediction = model(noisy, model.encode(conditions), stage=stage, router_logits=True)
    assert prediction.velocity.dtype == torch.bfloat16
    for got, wanted in ((prediction.velocity, expected.velocity), (prediction.hoi_velocity, expected.hoi_velocity)):
        assert (got.float() - wanted).norm() < 0.05 * wanted.norm()
    logits = torch.stack(prediction.router_logits)
    (prediction.velocity.square().mean() + prediction.hoi_velocity.square().mean() + logits.square().mean()).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name


def test_autocast_runs_on_float32_weights() -> None:
    model = random_model()
    conditions, noisy = random_inputs(Case())
    expected = model(noisy, model.encode(conditions)).velocity
    with torch.autocast("cpu", torch.bfloat16):
        velocity = model(noisy, model.encode(conditions)).velocity
    assert (velocity.float() - expected).norm() < 0.05 * expected.norm()
