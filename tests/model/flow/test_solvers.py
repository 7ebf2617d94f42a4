from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from cointeract_model.flow.euler import EulerSolver
from cointeract_model.flow.latents import Latents
from cointeract_model.flow.schedule import FlowSchedule
from cointeract_model.flow.solver import Progress, Solver, denoise
from cointeract_model.flow.unipc import UniPcSolver
from tests.model.flow import gaussian

SOLVERS = [EulerSolver(), UniPcSolver(2), UniPcSolver(3)]
NOISE = torch.linspace(-2, 2, 9, dtype=torch.float64)[:, None]


def order_of(solver: Solver) -> float:
    """How the error falls when steps are doubled, between 90% and 10% noise."""
    return math.log2(gaussian.error(solver, 40, 0.9, 0.1) / gaussian.error(solver, 80, 0.9, 0.1))


def test_order_of_convergence_on_an_equation_with_a_known_solution() -> None:
    assert order_of(EulerSolver()) == pytest.approx(1, abs=0.15)
    for order in (1, 2, 3):
        assert order_of(UniPcSolver(order)) > 1.9
    assert gaussian.error(UniPcSolver(2), 40, 0.9, 0.1) < gaussian.error(EulerSolver(), 40, 0.9, 0.1) / 50


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("steps", [10, 20, 40])
@pytest.mark.parametrize("shift", [1.0, 5.0])
def test_unipc_is_closer_than_euler_with_as_many_velocities(order: int, steps: int, shift: float) -> None:
    schedule = FlowSchedule.shifted(steps, shift)
    truth = gaussian.at(NOISE, 0)
    errors = [
        float((denoise(gaussian.velocity, (NOISE,), schedule, solver)[0] - truth).abs().max())
        for solver in (EulerSolver(), UniPcSolver(order))
    ]
    assert errors[1] < errors[0]


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize(("steps", "shift"), [(6, 1.0), (10, 5.0), (40, 7.0)])
def test_unipc_agrees_with_the_library_on_the_same_noise_levels(order: int, steps: int, shift: float) -> None:
    schedulers = pytest.importorskip("diffusers")
    schedule = FlowSchedule.shifted(steps, shift)
    library = schedulers.UniPCMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, solver_order=order, solver_type="bh2"
    )
    library.set_timesteps(sigmas=schedule.sigmas.double().numpy())  # its own spacing ends at 0.001 before the shift
    expected = NOISE
    for sigma, timestep in zip(library.sigmas.tolist(), library.timesteps, strict=False):
        velocity = gaussian.velocity((expected,), 1000 * sigma)[0]
        expected = library.step(velocity, timestep, expected).prev_sample
    ours = denoise(gaussian.velocity, (NOISE,), schedule, UniPcSolver(order))[0]
    assert ours == pytest.approx(expected, abs=2e-6)  # it begins at 1 - 1e-6 and keeps noise levels in float32


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_straight_path_is_followed_exactly(solver: Solver) -> None:
    data = torch.randn(2, 3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    noise = torch.randn(2, 3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    found = denoise(lambda _latents, _t: (noise - data,), (noise,), FlowSchedule.shifted(7, 5.0), solver)[0]
    assert found == pytest.approx(data, abs=1e-9)


@pytest.mark.parametrize("solver", SOLVERS)
def test_streams_are_denoised_together_as_each_would_be_alone(solver: Solver) -> None:
    schedule = FlowSchedule.shifted(12, 5.0)
    rgb, hoi = torch.randn(2, 16, 3, 2, 2), torch.randn(2, 16, 2, 4, 4)
    both = denoise(gaussian.velocity, (rgb, hoi), schedule, solver)
    for together, noise in zip(both, (rgb, hoi), strict=True):
        assert torch.equal(together, denoise(gaussian.velocity, (noise,), schedule, solver)[0])


@pytest.mark.parametrize("solver", SOLVERS)
def test_one_velocity_a_step_at_the_schedule_and_progress_after_each(solver: Solver) -> None:
    schedule = FlowSchedule.shifted(5, 7.0)
    asked: list[float] = []
    told: list[Progress] = []

    def velocity(latents: Latents, timestep: float) -> Latents:
        asked.append(timestep)
        return gaussian.velocity(latents, timestep)

    result = denoise(velocity, (NOISE,), schedule, solver, told.append)
    assert asked == schedule.timesteps.tolist()
    assert [(p.step, p.steps, p.timestep) for p in told] == [(n, 5, t) for n, t in enumerate(asked, start=1)]
    assert told[-1].latents[0] is result[0]


def test_an_error_of_the_progress_callback_cancels() -> None:
    calls: list[float] = []

    def velocity(latents: Latents, timestep: float) -> Latents:
        calls.append(timestep)
        return gaussian.velocity(latents, timestep)

    def stop(progress: Progress) -> None:
        if progress.step == 3:
            raise InterruptedError("enough")

    with pytest.raises(InterruptedError):
        denoise(velocity, (NOISE,), FlowSchedule.shifted(9), EulerSolver(), stop)
    assert len(calls) == 3


def test_latents_stay_in_float32_when_the_model_answers_in_bfloat16() -> None:
    noise = torch.randn(1, 16, 2, 2, 2)

    def velocity(latents: Latents, timestep: float) -> Latents:
        return tuple(stream.bfloat16() for stream in gaussian.velocity(latents, timestep))

    found = denoise(velocity, (noise,), FlowSchedule.shifted(10), UniPcSolver())[0]
    assert found.dtype == torch.float32


def broken(value: Tensor) -> Latents:
    return (value,)


def test_bad_input_is_named() -> None:
    schedule = FlowSchedule.shifted(3)
    with pytest.raises(ValueError, match=r"stream 0 of noise is torch\.bfloat16"):
        denoise(gaussian.velocity, (NOISE.bfloat16(),), schedule, EulerSolver())
    with pytest.raises(ValueError, match="holds no stream"):
        denoise(gaussian.velocity, (), schedule, EulerSolver())
    with pytest.raises(ValueError, match=r"batch sizes \[9, 8\]"):
        denoise(gaussian.velocity, (NOISE, NOISE[1:]), schedule, EulerSolver())
    with pytest.raises(ValueError, match=r"the velocity has the shapes \[\(9, 2\)\], but the latents has \[\(9, 1\)\]"):
        denoise(lambda x, _t: broken(x[0].expand(9, 2)), (NOISE,), schedule, EulerSolver())
    with pytest.raises(ValueError, match=r"step 1 of 3 \(timestep 1000\.0\) isn't finite"):
        denoise(lambda x, _t: broken(x[0] * math.nan), (NOISE,), schedule, EulerSolver())
    with pytest.raises(ValueError, match="order 4"):
        UniPcSolver(4)
