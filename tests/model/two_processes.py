"""What each of two processes runs in tests of both; a module of its own, so that a process can import it."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, distributed, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard, register_fsdp_forward_method

from cointeract_model.attention import sdpa
from cointeract_model.errors import ConfigurationError
from cointeract_model.sequence_parallel import UlyssesAttention
from cointeract_model.stacking import stack_conditions, stack_noisy
from cointeract_model.switches import Stage, Switches
from cointeract_model.transformer import Prediction, Transformer
from tests.model.samples import Case, random_inputs, random_model

PROCESSES = 2
REFUSAL = "refusal.txt"


def step(model: Transformer, cases: list[Case], stage: Stage) -> dict[str, Tensor]:
    """Outputs, and gradients of one loss over all of them."""
    samples = [random_inputs(case, seed=seed) for seed, case in enumerate(cases)]
    conditions = stack_conditions([conditions for conditions, _ in samples])
    noisy = stack_noisy([noisy for _, noisy in samples])
    model.zero_grad()
    prediction = model(noisy, model.encode(conditions), stage=stage, router_logits=True)
    _loss(prediction).backward()
    outputs = {"velocity": prediction.velocity.detach()}
    if prediction.hoi_velocity is not None:
        outputs["hoi_velocity"] = prediction.hoi_velocity.detach()
    outputs |= {f"logits.{block}": logits.detach() for block, logits in enumerate(prediction.router_logits)}
    gradients = {
        f"grad.{name}": torch.zeros_like(parameter) if parameter.grad is None else parameter.grad.clone()
        for name, parameter in model.named_parameters()
    }
    return outputs | gradients


def sharded(model: Transformer, processes: int, policy: MixedPrecisionPolicy | None = None) -> Transformer:
    """With every block's parameters, and the rest's, shared out (FSDP2)."""
    mesh = init_device_mesh("cpu", (processes,))
    modules: list[nn.Module] = [*model.blocks, model]
    for module in modules:
        fully_shard(module, mesh=mesh, mp_policy=policy or MixedPrecisionPolicy())
    register_fsdp_forward_method(model, "encode")
    return model


def run_sharded(rank: int, directory: str, runs: dict[str, list[list[Case]]]) -> None:
    """One process: every run's batch for it; the first saves the reduced gradients."""
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=f"file://{directory}/sharded", rank=rank, world_size=PROCESSES)
    for name, batches in runs.items():
        outcome = step(sharded(random_model(), PROCESSES), batches[rank], Stage.ASYMMETRIC)
        gradients = {key: value.full_tensor() for key, value in outcome.items() if key.startswith("grad.")}
        if rank == 0:
            torch.save(gradients, Path(directory) / f"{name}.pt")
    distributed.destroy_process_group()


def _loss(prediction: Prediction) -> Tensor:
    parts = [prediction.velocity, *prediction.router_logits]
    if prediction.hoi_velocity is not None:
        parts.append(prediction.hoi_velocity)
    return torch.stack([part.square().mean() for part in parts]).sum()


def run(rank: int, directory: str, runs: dict[str, tuple[Switches, list[Case], Stage]]) -> None:
    """One process: every run on its share, gradients summed over both; the first saves what came out."""
    torch.set_num_threads(1)
    distributed.init_process_group(
        "gloo", init_method=f"file://{directory}/rendezvous", rank=rank, world_size=PROCESSES
    )
    for name, (switches, cases, stage) in runs.items():
        model = random_model(switches)
        model.share_sequences(distributed.group.WORLD)
        outcome = step(model, cases, stage)
        for key, value in outcome.items():
            if key.startswith("grad."):
                distributed.all_reduce(value)
        if rank == 0:
            torch.save(outcome, Path(directory) / f"{name}.pt")
    if rank == 0:
        try:
            UlyssesAttention(sdpa, distributed.group.WORLD, heads=3)
        except ConfigurationError as error:
            (Path(directory) / REFUSAL).write_text(str(error))
    distributed.destroy_process_group()
