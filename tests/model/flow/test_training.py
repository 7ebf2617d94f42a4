from __future__ import annotations

import pytest
import torch

from cointeract_model.flow.latents import seeded
from cointeract_model.flow.schedule import FlowSchedule
from cointeract_model.flow.training import TrainingFlow, interpolate, velocity_loss
from cointeract_model.flow.weights import LossWeighting

FLOW = TrainingFlow(FlowSchedule.shifted(), LossWeighting.GAUSSIAN)
RGB = torch.randn(3, 16, 4, 2, 2, generator=torch.Generator().manual_seed(0))
HOI = torch.randn(3, 16, 4, 2, 2, generator=torch.Generator().manual_seed(1))


def test_noisy_latents_less_noise_level_times_velocity_are_the_data() -> None:
    draw = FLOW.draw((RGB, HOI), seeded([1, 2, 3]))
    for clean, noisy, velocity in zip((RGB, HOI), draw.noisy, draw.velocity, strict=True):
        level = draw.sigmas[:, None, None, None, None]
        assert noisy - level * velocity == pytest.approx(clean, abs=1e-5)
        assert noisy + (1 - level) * velocity == pytest.approx(clean + velocity, abs=1e-5)


def test_streams_share_the_noise_level_but_not_the_noise() -> None:
    draw = FLOW.draw((RGB, RGB), seeded([1, 2, 3]))
    noise = [velocity + RGB for velocity in draw.velocity]
    assert not torch.allclose(noise[0], noise[1], atol=0.1)
    assert draw.timesteps.shape == draw.sigmas.shape == (3,)
    assert draw.timesteps == pytest.approx(1000 * draw.sigmas)


def test_a_sample_is_drawn_alike_alone_and_in_a_batch() -> None:
    batch = FLOW.draw((RGB, HOI), seeded([5, 6, 7]))
    alone = FLOW.draw((RGB[1:2], HOI[1:2]), seeded([6]))
    assert batch.timesteps[1] == alone.timesteps[0]
    assert batch.weights[1] == alone.weights[0]
    for together, single in zip(batch.noisy, alone.noisy, strict=True):
        assert torch.equal(together[1], single[0])


def test_a_draw_repeats_with_its_seed_and_changes_with_another() -> None:
    first, again, other = (FLOW.draw((RGB,), seeded([seed, 0, 0])) for seed in (8, 8, 9))
    assert torch.equal(first.noisy[0], again.noisy[0])
    assert not torch.equal(first.noisy[0][0], other.noisy[0][0])


def test_timesteps_are_drawn_evenly_from_the_whole_schedule() -> None:
    clean = torch.zeros(4000, 1)
    schedule = FlowSchedule.shifted()
    drawn = FLOW.draw((clean,), seeded(range(4000))).timesteps
    assert torch.isin(drawn, schedule.timesteps).all()
    assert drawn.dtype == torch.float32
    assert drawn.unique().numel() > 950  # of 1,000; 982 are expected of 4,000 draws
    early = (drawn >= schedule.timesteps[500]).float().mean()
    assert early == pytest.approx(0.5, abs=0.03)


def test_the_ends_of_the_path_are_data_and_noise() -> None:
    noise = torch.randn(3, 16, 4, 2, 2)
    assert torch.equal(interpolate(RGB, noise, torch.zeros(3)), RGB)
    assert torch.equal(interpolate(RGB, noise, torch.ones(3)), noise)


def test_loss_is_the_weighted_mean_square_of_each_sample_in_float32() -> None:
    velocity = torch.zeros(2, 3, 4)
    predicted = torch.stack([torch.full((3, 4), 2.0), torch.full((3, 4), 3.0)]).bfloat16().requires_grad_()
    losses = velocity_loss(predicted, velocity, torch.tensor([1.0, 0.5]))
    assert losses.dtype == torch.float32
    assert losses.tolist() == [4.0, 4.5]
    losses.mean().backward()
    assert predicted.grad is not None


def test_no_weighting_weighs_all_alike() -> None:
    flow = TrainingFlow(FlowSchedule.shifted(), LossWeighting.NONE)
    assert flow.draw((RGB,), seeded([1, 2, 3])).weights.tolist() == [1, 1, 1]


def test_bad_input_is_named() -> None:
    for seeds in ([], [1, 2]):
        with pytest.raises(ValueError, match=f"{len(seeds)} generators for 3 samples"):
            FLOW.draw((RGB,), seeded(seeds))
    with pytest.raises(ValueError, match=r"is torch\.float16"):
        FLOW.draw((RGB, HOI.half()), seeded([1, 2, 3]))
    with pytest.raises(ValueError, match="noise has the shapes"):
        FLOW.at(torch.tensor([0, 1, 2]), (RGB,), (HOI[:, :, :2],))
    with pytest.raises(ValueError, match=r"the prediction has the shapes \[\(3, 1\)\]"):
        velocity_loss(torch.zeros(3, 1), torch.zeros(3, 2), torch.ones(3))
    with pytest.raises(ValueError, match=r"weights have the shape \(2,\)"):
        velocity_loss(torch.zeros(3, 1), torch.zeros(3, 1), torch.ones(2))
