"""What stands in for operations that tensors without values can't make, or that a GPU makes otherwise than a CPU."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode
from typing_extensions import override

from cointeract_model.norm import RMSNorm
from cointeract_model.router import CLASSES

_ATEN = torch.ops.aten


class WithoutValues(TorchDispatchMode):
    """What depends on values is answered with what takes the same memory.

    The tokens that a router sends to an expert are taken for a third of all: together they are all of them, however they are
    sent. What is only checked is taken for right.
    """

    @override
    def __torch_dispatch__(
        self, func: Any, types: Sequence[Any], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        if func is _ATEN.nonzero.default:
            chosen: Tensor = args[0]
            return chosen.new_empty((-(-chosen.numel() // len(CLASSES)), chosen.ndim), dtype=torch.int64)
        if func is _ATEN._local_scalar_dense.default:
            return True
        return func(*args, **(kwargs or {}))


def use_gpu_norms(model: nn.Module) -> None:
    """Have norms keep what they keep on a GPU: its RMS norm is one kernel, and autocast takes layer norms in float32.

    Attention needs no such thing: the CPU's kernel keeps what flash attention does, queries, keys, values, results and the
    logarithm of each row's sum, and nothing of the square of the length.
    """
    for module in model.modules():
        if isinstance(module, RMSNorm):
            module.forward = partial(_fused_rms_norm, module)  # type: ignore[method-assign]
        elif isinstance(module, nn.LayerNorm):
            module.forward = partial(_float32_layer_norm, module)  # type: ignore[method-assign]


def _fused_rms_norm(norm: RMSNorm, features: Tensor) -> Tensor:
    out: Tensor = _FusedRmsNorm.apply(features, norm.weight.to(features.dtype))  # type: ignore[no-untyped-call]
    return out


def _float32_layer_norm(norm: nn.LayerNorm, features: Tensor) -> Tensor:
    if torch.is_autocast_enabled("cpu"):
        features = features.float()
    return functional.layer_norm(features, norm.normalized_shape, norm.weight, norm.bias, norm.eps)


class _FusedRmsNorm(torch.autograd.Function):
    """Keeps the features, the weight and the reciprocal of each row's root mean square. Computes nothing."""

    @staticmethod
    def forward(context: Any, features: Tensor, weight: Tensor) -> Tensor:
        scales = features.new_empty((*features.shape[:-1], 1), dtype=torch.float32)
        context.save_for_backward(features, weight, scales)
        return torch.empty_like(features)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, Tensor]:  # noqa: ARG004 -- autograd gives it
        features, weight, _ = context.saved_tensors
        return torch.empty_like(features), torch.empty_like(weight)
