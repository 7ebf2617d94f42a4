"""What is kept of the forward pass of blocks and audio injections for the backward pass, and compilation: set on the modules themselves.

A module's `forward` is replaced on the instance and no module is wrapped: parameters keep their names, so that a state fits whatever
the run's hardware settings are; and what shares weights out (FSDP2) gathers a module's once for both passes of its backward.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint, create_selective_checkpoint_contexts

from cointeract_model.block import Block
from cointeract_model.sequence_parallel import UlyssesAttention
from cointeract_model.transformer import Transformer
from cointeract_train.errors import RecipeError

Checkpointing = Literal["none", "block", "selective"]

_ATEN = torch.ops.aten
KEPT = [
    *(_ATEN.mm.default, _ATEN.addmm.default, _ATEN.bmm.default),
    _ATEN._scaled_dot_product_flash_attention.default,
    _ATEN._scaled_dot_product_flash_attention_for_cpu.default,
    _ATEN._scaled_dot_product_efficient_attention.default,
    _ATEN._scaled_dot_product_cudnn_attention.default,
]
"""Operations whose results `selective` keeps: what takes long to compute again."""

GRAPHS = 128
"""Of a block that are compiled at most, before others run uncompiled: its samples have motion, product and HOI or not, in several
buckets, in two stages, with and without gradients."""


def momentary_modules(model: Transformer) -> tuple[nn.Module, ...]:
    """Blocks and audio injections: most of the model, each at work for a moment only."""
    return (*model.blocks, *model.audio_injections.values())


def set_checkpointing(model: Transformer, kind: Checkpointing) -> None:
    """Have blocks and audio injections compute in the backward pass again what they don't keep."""
    if kind == "none":
        return
    options: dict[str, Any] = {"use_reentrant": False, "preserve_rng_state": False}  # nothing is drawn in them
    if kind == "selective":
        options["context_fn"] = partial(create_selective_checkpoint_contexts, KEPT)
        for block in _blocks(model):
            # The experts' results are added in place to this one, and a result that is kept must not change.
            block.feed_forward.shared.register_forward_hook(_copied)
    for module in momentary_modules(model):
        _replace_forward(module, _checkpointed(module.forward, options))


def compile_blocks(model: Transformer, device: torch.device) -> None:
    """Compile every block's forward and backward pass.

    Raises:
        RecipeError: nothing can be compiled here.
    """
    try:
        torch.compile(torch.relu)(torch.zeros(1, device=device))
    except Exception as error:
        raise RecipeError(
            f"hardware.compile is on, but torch.compile doesn't work here for {device.type}: {error}. A CPU needs a C++ compiler "
            "(g++ or clang++; the variable CXX names another), a GPU needs triton; or set hardware.compile=false"
        ) from error
    # Experts of the preset `paper` choose their tokens; a graph that is cut there couldn't be checkpointed, and wouldn't be compiled.
    torch._dynamo.config.capture_dynamic_output_shape_ops = True
    torch._dynamo.config.recompile_limit = GRAPHS
    if isinstance(model.attention, UlyssesAttention):
        model.attention = torch.compiler.disable(model.attention)  # what processes send one another stays as it is
    for block in _blocks(model):
        _replace_forward(block, torch.compile(block.forward))


def _blocks(model: Transformer) -> Iterable[Block]:
    for block in model.blocks:
        assert isinstance(block, Block)
        yield block


def _checkpointed(forward: Callable[..., Any], options: dict[str, Any]) -> Callable[..., Any]:
    def checkpointed(*arguments: Any) -> Any:  # a function, since the compiler doesn't look into other callables
        return checkpoint(forward, *arguments, **options)

    return checkpointed


def _replace_forward(module: nn.Module, forward: Callable[..., Any]) -> None:
    module.forward = forward


def _copied(_module: nn.Module, _inputs: tuple[Any, ...], output: Tensor) -> Tensor:
    return output.clone()
