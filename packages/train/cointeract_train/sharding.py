"""Weights shared out among processes (FSDP2): each holds a share of every tensor, and gathers a block's or an audio injection's
as it is needed."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, distributed, nn
from torch.distributed.checkpoint.state_dict import StateDictOptions, set_model_state_dict
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, MixedPrecisionPolicy, fully_shard, register_fsdp_forward_method
from torch.distributed.tensor import DTensor

from cointeract_model.transformer import Transformer
from cointeract_train.activations import momentary_modules


def take_weights(model: Transformer) -> dict[str, Tensor]:
    """The model's tensors by name; the model has none afterwards: it is on the meta device, with the same parameters."""
    weights: dict[str, Tensor] = dict(model.state_dict())
    model.to(torch.device("meta"))
    return weights


def share_out(
    model: Transformer, weights: Mapping[str, Tensor], device: torch.device, precision: torch.dtype | None
) -> None:
    """Share a model out among all processes, in place: its parameters become `DTensor`s and keep their names.

    No process but the first ever holds the whole model, and that one on the CPU.

    Args:
        model: on the meta device, on every process.
        weights: all of its tensors, on the first process; not looked at on others.
        device: of this process.
        precision: in which weights are gathered; None: their own. Gradients are summed in float32.
    """
    mesh = init_device_mesh(device.type, (distributed.get_world_size(),))
    # Inputs aren't cast: timesteps need more than bfloat16, and autocast does what is needed.
    exact = MixedPrecisionPolicy(cast_forward_inputs=False)
    policy = exact
    if precision is not None:
        policy = MixedPrecisionPolicy(param_dtype=precision, reduce_dtype=torch.float32, cast_forward_inputs=False)
    for module in momentary_modules(model):
        fully_shard(module, mesh=mesh, mp_policy=policy)
    fully_shard(model.timestep_embedding, mesh=mesh, mp_policy=exact)
    fully_shard(model, mesh=mesh, mp_policy=policy)
    register_fsdp_forward_method(model, "encode")
    model.to_empty(device=device)
    first = distributed.get_rank() == 0
    set_model_state_dict(
        model,
        dict(weights) if first else {},
        options=StateDictOptions(full_state_dict=True, broadcast_from_rank0=True),
    )


def sequence_group(device: torch.device, sharing: int) -> distributed.ProcessGroup:
    """This process's group of `sharing` neighbours that share every sample's tokens."""
    shape = (distributed.get_world_size() // sharing, sharing)
    mesh = init_device_mesh(device.type, shape, mesh_dim_names=("data", "sequence"))
    return mesh.get_group("sequence")


def drop_gathered(model: nn.Module) -> None:
    """Have the parameters be the process's own shares again; nothing happens where they aren't shared out.

    After a forward pass that no backward pass followed some are still gathered, and would stay as they are whatever happened to the
    shares.
    """
    for module in model.modules():
        if isinstance(module, FSDPModule):
            module.reshard()


def own_share(tensor: Tensor) -> Tensor:
    """This process's values of a tensor, in the same memory: all of them where it isn't shared out."""
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


def whole(tensor: Tensor) -> Tensor:
    """All values of a tensor; where it is shared out all processes must ask."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def gathered(state: Mapping[str, Tensor], *, keep: bool) -> dict[str, Tensor]:
    """All values of all tensors on the CPU, one tensor after another; all processes must ask.

    Args:
        state: by name, in the same order everywhere.
        keep: whether this process wants them; else it only takes part.
    """
    kept: dict[str, Tensor] = {}
    for name, tensor in state.items():
        values = whole(tensor.detach())
        if keep:
            kept[name] = values.cpu()
    return kept
