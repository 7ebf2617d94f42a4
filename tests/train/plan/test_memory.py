"""The plan's numbers against what real tensors take."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
import torch
from tests.train.plan.measure import measured, saved_bytes
from tests.train.plan.settings import DIMENSIONS, small_config
from torch import Tensor, distributed
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.testing._internal.distributed.fake_pg import FakeStore

from cointeract_model.config import ModelConfig, wan_s2v_14b
from cointeract_model.switches import Stage
from cointeract_train.activations import momentary_modules, set_checkpointing
from cointeract_train.batch import Inputs
from cointeract_train.config import TrainConfig
from cointeract_train.module import TrainingModule
from cointeract_train.optimiser import build_optimiser
from cointeract_train.plan.memory import FLOAT_BYTES, CardMemory, card_memory, share
from cointeract_train.plan.passes import inputs_of, timesteps, workload
from cointeract_train.plan.shapes import shapes_of
from cointeract_train.plan.trace import PassMemory, pass_memory, traced
from cointeract_train.processes import find_processes
from cointeract_train.sharding import own_share
from cointeract_train.trainable import build_model

NOTHING = PassMemory(0, 0, 0, 0)


@cache
def _planned(checkpointing: str, stage: Stage) -> PassMemory:
    return pass_memory(small_config(hardware={"checkpointing": checkpointing}), DIMENSIONS, stage, gpu=False)


def _real(config: TrainConfig) -> tuple[TrainingModule, Inputs]:
    module = TrainingModule(build_model(config), config)
    set_checkpointing(module.model, config.hardware.checkpointing)
    return module, inputs_of(config, DIMENSIONS, timesteps(config))


def _lines(memory: CardMemory) -> dict[str, int]:
    return {line.name: line.bytes for line in memory.lines}


def _static(config: TrainConfig, dimensions: ModelConfig = DIMENSIONS) -> dict[str, int]:
    return _lines(card_memory(shapes_of(config, dimensions), config, find_processes(config.hardware), NOTHING))


@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize("checkpointing", ["none", "block", "selective"])
def test_activations_are_what_the_allocator_says(checkpointing: str, stage: Stage) -> None:
    config = small_config(hardware={"checkpointing": checkpointing})
    planned = _planned(checkpointing, stage)
    real = measured(*_real(config), stage)
    assert planned.kept == pytest.approx(real.kept, rel=0.02)
    assert planned.kept + planned.working == pytest.approx(real.peak, rel=0.1)


def test_activations_in_bfloat16_are_what_the_allocator_says() -> None:
    config = small_config(hardware={"precision": "bfloat16"}, trained={"what": "lora", "lora": {"rank": 4}})
    planned = pass_memory(config, DIMENSIONS, Stage.ASYMMETRIC, gpu=False)
    module, inputs = _real(config)
    with torch.autocast("cpu", torch.bfloat16):
        real = measured(module, inputs, Stage.ASYMMETRIC)
    assert planned.kept == pytest.approx(real.kept, rel=0.1)


def test_activations_are_what_autograd_saves() -> None:
    config = small_config()
    saved = saved_bytes(*_real(config), Stage.ASYMMETRIC)
    assert _planned("none", Stage.ASYMMETRIC).kept == pytest.approx(saved, rel=0.1)


def test_checkpoints_keep_less_and_selective_ones_lie_between() -> None:
    kept = {kind: _planned(kind, Stage.ASYMMETRIC).kept for kind in ("none", "selective", "block")}
    assert kept["block"] < kept["selective"] < kept["none"]


def test_of_an_audio_injection_only_its_input_is_kept() -> None:
    kept = []
    for layers in ((0,), (0, 1)):
        dimensions = DIMENSIONS.model_copy(update={"audio_layers": layers})
        config = small_config(dimensions, hardware={"checkpointing": "block"})
        kept.append(pass_memory(config, dimensions, Stage.ASYMMETRIC, gpu=True).kept)
    work = workload(config, dimensions, Stage.ASYMMETRIC)
    assert kept[1] - kept[0] == config.data.micro_batch * work.rgb_tokens * DIMENSIONS.hidden_size * FLOAT_BYTES


def test_attention_keeps_nothing_of_the_square_of_the_length() -> None:
    kept = [
        pass_memory(small_config(data={"buckets": [bucket]}), DIMENSIONS, Stage.JOINT, gpu=True).kept
        for bucket in ("64x64", "128x64", "256x64")
    ]
    assert kept[2] - kept[1] == pytest.approx(2 * (kept[1] - kept[0]), rel=0.02)


@pytest.mark.parametrize(
    "audio_layers", [(0, 2), pytest.param((1, 4), marks=pytest.mark.slow), pytest.param((), marks=pytest.mark.slow)]
)
def test_a_few_blocks_tell_what_many_take(audio_layers: tuple[int, ...]) -> None:
    dimensions = DIMENSIONS.model_copy(update={"layers": 5, "audio_layers": audio_layers})
    config = small_config(dimensions, hardware={"checkpointing": "block"})
    told, whole = (memory(config, dimensions, Stage.ASYMMETRIC, gpu=True) for memory in (pass_memory, traced))
    assert told.kept == whole.kept
    assert told.working == pytest.approx(whole.working, rel=0.03)


def test_processes_that_share_a_sample_share_its_activations() -> None:
    whole, half = (
        pass_memory(
            small_config(hardware={"sequence_parallel": size, "processes": size}),
            DIMENSIONS,
            Stage.ASYMMETRIC,
            gpu=True,
        ).kept
        for size in (1, 2)
    )
    assert 0.4 * whole < half < 0.65 * whole


@pytest.mark.parametrize(
    "groups",
    [
        {},
        {"optimiser": {"average_decay": 0.9}},
        {"trained": {"what": "lora", "lora": {"rank": 4}}, "hardware": {"precision": "bfloat16"}},
    ],
)
def test_weights_gradients_optimiser_and_averages_are_exact(groups: dict[str, Any]) -> None:
    config = small_config(**groups)
    planned = _static(config)
    module, inputs = _real(config)
    optimiser = build_optimiser(module.model.named_parameters(), config.optimiser)
    with torch.autocast("cpu", torch.bfloat16, enabled=config.hardware.precision == "bfloat16"):
        module.losses(inputs, Stage.JOINT).total.backward()
    optimiser.step()
    parameters = list(module.model.parameters())
    trained = [parameter for parameter in parameters if parameter.requires_grad]
    states = [value for state in optimiser.state.values() for value in state.values() if isinstance(value, Tensor)]
    expected = {
        "frozen weights": _bytes([parameter for parameter in parameters if not parameter.requires_grad]),
        "trained weights": _bytes(trained),
        "gradients": _bytes([parameter.grad for parameter in trained if parameter.grad is not None]),
        "optimiser": _bytes(states),
        "moving averages": 0 if module.average is None else _bytes(list(module.average.parameters())),
    }
    assert planned == {name: size for name, size in expected.items() if size}


@pytest.mark.parametrize("processes", [2, 3])
def test_shares_are_those_of_fsdp(processes: int) -> None:
    model = build_model(small_config())
    planned = sum(share(parameter, processes) for parameter in model.parameters())
    distributed.init_process_group("fake", store=FakeStore(), rank=0, world_size=processes)
    try:
        mesh = init_device_mesh("cpu", (processes,))
        for module in momentary_modules(model):
            fully_shard(module, mesh=mesh)
        fully_shard(model, mesh=mesh)
        assert sum(own_share(parameter).numel() for parameter in model.parameters()) == planned
    finally:
        distributed.destroy_process_group()


def test_a_sharded_run_holds_a_share_of_all_but_what_is_gathered() -> None:
    whole = _static(small_config(hardware={"strategy": "ddp", "processes": 4}))
    shared = _static(small_config(hardware={"strategy": "fsdp", "processes": 4}))
    for name in ("trained weights", "gradients", "optimiser"):
        assert shared[name] == pytest.approx(whole[name] / 4, rel=0.05)
    assert 0 < shared["gathered weights"] < whole["trained weights"] * 2


def test_wan_s2v_14b_takes_what_its_parameters_say() -> None:
    dimensions = wan_s2v_14b(expert_size=None, hoi=False)
    config = small_config(dimensions)
    planned = _static(config, dimensions)
    assert planned["trained weights"] == 4 * 16_295_755_609


def _bytes(tensors: list[Any]) -> int:
    return sum(tensor.nbytes for tensor in tensors)
