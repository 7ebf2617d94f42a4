"""What a trainer wraps around the model: activation checkpoints, sharded parameters, compilation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import distributed, multiprocessing
from torch.distributed.algorithms._checkpoint.checkpoint_wrapper import checkpoint_wrapper
from torch.distributed.fsdp import MixedPrecisionPolicy

from cointeract_model.errors import InputError
from cointeract_model.switches import Stage
from cointeract_model.transformer import Prediction, Transformer
from tests.model import two_processes
from tests.model.samples import Case, random_inputs, random_model


def _loss(prediction: Prediction) -> torch.Tensor:
    parts = (prediction.velocity, prediction.hoi_velocity, *prediction.router_logits)
    return torch.stack([part.float().square().mean() for part in parts]).sum()


def _predict(model: Transformer) -> Prediction:
    conditions, noisy = random_inputs(Case())
    return model(noisy, model.encode(conditions), stage=Stage.ASYMMETRIC, router_logits=True)


def test_checkpointed_blocks_give_the_same_gradients() -> None:
    plain, checkpointed = random_model(), random_model()
    for index, block in enumerate(checkpointed.blocks):
        checkpointed.blocks[index] = checkpoint_wrapper(block)
    for model in (plain, checkpointed):
        _loss(_predict(model)).backward()
    for parameter, other in zip(plain.parameters(), checkpointed.parameters(), strict=True):
        assert torch.equal(parameter.grad, other.grad)


@pytest.fixture
def process_group(tmp_path: Path) -> Iterator[None]:
    distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/rendezvous", rank=0, world_size=1)
    yield
    distributed.destroy_process_group()


def _sharded(*, cast_inputs: bool) -> Transformer:
    policy = MixedPrecisionPolicy(param_dtype=torch.bfloat16, cast_forward_inputs=cast_inputs)
    return two_processes.sharded(random_model(), 1, policy)


@pytest.mark.usefixtures("process_group")
@pytest.mark.filterwarnings("ignore:FSDP2-wrapped module")
def test_sharded_parameters_train_in_mixed_precision() -> None:
    model, plain = _sharded(cast_inputs=False), random_model()
    prediction, expected = _predict(model), _predict(plain)
    assert (prediction.velocity.float() - expected.velocity).norm() < 0.05 * expected.velocity.norm()
    _loss(prediction).backward()
    _loss(expected).backward()
    for (name, parameter), other in zip(model.named_parameters(), plain.parameters(), strict=True):
        assert parameter.grad is not None, name
        assert parameter.dtype == torch.float32
        assert (parameter.grad.full_tensor() - other.grad).norm() < 0.3 * other.grad.norm() + 1e-2, name


@pytest.mark.usefixtures("process_group")
@pytest.mark.filterwarnings("ignore:FSDP2-wrapped module")
def test_a_wrapper_that_casts_timesteps_to_bfloat16_is_noticed() -> None:
    with pytest.raises(InputError, match=r"timestep is torch.bfloat16"):
        _predict(_sharded(cast_inputs=True))


BATCHES = {
    "no_motion": [[Case()], [Case(motion=False)]],
    "no_hoi": [[Case()], [Case(hoi=False)]],
    "nothing": [[Case(), Case(timestep=950.0)], [Case(motion=False, product=False, pose=False, hoi=False)]],
}
"""For each of two processes."""


@pytest.fixture(scope="module")
def reduced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("sharded")
    arguments = (str(directory), BATCHES)
    multiprocessing.spawn(two_processes.run_sharded, args=arguments, nprocs=two_processes.PROCESSES)
    return directory


@pytest.mark.parametrize("name", BATCHES)
def test_processes_whose_batches_lack_different_parts_reduce_the_same_gradients(name: str, reduced: Path) -> None:
    first, second = (two_processes.step(random_model(), cases, Stage.ASYMMETRIC) for cases in BATCHES[name])
    for key, gradient in torch.load(reduced / f"{name}.pt").items():
        expected = (first[key] + second[key]) / two_processes.PROCESSES
        assert (gradient - expected).norm() <= 1e-5 * expected.norm() + 1e-7, key


def test_every_parameter_has_a_gradient_whatever_a_batch_lacks() -> None:
    model = random_model()
    conditions, noisy = random_inputs(Case(motion=False, product=False, pose=False, hoi=False))
    model(noisy, model.encode(conditions)).velocity.square().mean().backward()
    assert [name for name, parameter in model.named_parameters() if parameter.grad is None] == []
