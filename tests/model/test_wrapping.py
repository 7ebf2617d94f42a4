"""What a trainer wraps around the model: activation checkpoints, sharded parameters, compilation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import distributed
from torch.distributed.algorithms._checkpoint.checkpoint_wrapper import checkpoint_wrapper
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard, register_fsdp_forward_method

from cointeract_model.errors import InputError
from cointeract_model.switches import Stage
from cointeract_model.transformer import Prediction, Transformer
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
    model, mesh = random_model(), init_device_mesh("cpu", (1,))
    policy = MixedPrecisionPolicy(param_dtype=torch.bfloat16, cast_forward_inputs=cast_inputs)
    for block in model.blocks:
        fully_shard(block, mesh=mesh, mp_policy=policy)
    fully_shard(model, mesh=mesh, mp_policy=policy)
    register_fsdp_forward_method(model, "encode")
    return model


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
