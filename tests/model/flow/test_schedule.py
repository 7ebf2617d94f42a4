from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cointeract_model.flow.schedule import FlowSchedule
from cointeract_model.flow.weights import LossWeighting, loss_weights

GOLDEN = json.loads((Path(__file__).parent / "golden_flow_schedule.json").read_text())
RELEASED = {"train_shift5": (1000, 5.0), "infer40_shift5": (40, 5.0), "infer40_shift7": (40, 7.0)}


@pytest.mark.parametrize("name", RELEASED)
def test_schedule_is_the_released_one_to_the_bit(name: str) -> None:
    schedule = FlowSchedule.shifted(*RELEASED[name])
    assert schedule.sigmas.dtype == schedule.timesteps.dtype == torch.float32
    assert schedule.sigmas.tolist() == GOLDEN[name]["sigmas"]
    assert schedule.timesteps.tolist() == GOLDEN[name]["timesteps"]


def test_gaussian_weights_are_the_released_ones_to_the_bit() -> None:
    weights = loss_weights(FlowSchedule.shifted(), LossWeighting.GAUSSIAN)
    assert weights.tolist() == GOLDEN["train_shift5"]["weights"]
    assert weights.max() == pytest.approx(2.076, abs=1e-3)


@pytest.mark.parametrize("weighting", list(LossWeighting))
def test_weights_have_a_mean_of_one(weighting: LossWeighting) -> None:
    assert loss_weights(FlowSchedule.shifted(), weighting).mean() == pytest.approx(1, abs=1e-5)


def test_all_timesteps_stay_distinct_where_bfloat16_would_leave_294() -> None:
    timesteps = FlowSchedule.shifted().timesteps
    assert timesteps.unique().numel() == 1000
    assert timesteps.bfloat16().unique().numel() == 294


@given(steps=st.integers(1, 200), shift=st.floats(0.1, 20))
def test_levels_fall_from_noise_to_data(steps: int, shift: float) -> None:
    levels = FlowSchedule.shifted(steps, shift).levels()
    assert len(levels) == steps + 1
    assert levels[0] == pytest.approx(1)
    assert levels[-1] == 0
    assert all(after < before for before, after in pairwise(levels))


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="0 steps"):
        FlowSchedule.shifted(0)
    for shift in (0.0, -5.0, float("nan")):
        with pytest.raises(ValueError, match=f"shift {shift}"):
            FlowSchedule.shifted(40, shift)
    with pytest.raises(ValueError, match="1 steps has no Gaussian weights"):
        loss_weights(FlowSchedule.shifted(1), LossWeighting.GAUSSIAN)
