"""What isn't kept of a block's forward pass is computed again, and changes nothing; nor do names of parameters."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest
import torch
from tests.train.toy import toy_config, toy_example
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from cointeract_model.switches import Stage
from cointeract_train.activations import Checkpointing, compile_blocks, set_checkpointing
from cointeract_train.errors import RecipeError
from cointeract_train.module import TrainingModule
from cointeract_train.trainable import build_model

CPU = torch.device("cpu")


class _Counted(TorchDispatchMode):
    """Counts matrix products."""

    def __init__(self) -> None:
        super().__init__()
        self.products = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        self.products += func in (torch.ops.aten.mm.default, torch.ops.aten.addmm.default)
        return func(*args, **(kwargs or {}))


def _step(kind: Checkpointing, *, compiled: bool = False) -> tuple[dict[str, Tensor], int]:
    """Gradients, and how many matrix products they took."""
    config = toy_config()
    module = TrainingModule(build_model(config), config)
    set_checkpointing(module.model, kind)
    if compiled:
        compile_blocks(module.model, CPU)
    # The second has neither motion nor HOI.
    stacked = module.stacked([toy_example(1), toy_example(2, motion=False, hoi=False)])
    inputs = module.draws.random(stacked, CPU)
    with nullcontext() if compiled else _Counted() as counted:
        module.losses(inputs, Stage.ASYMMETRIC).total.backward()
    gradients = {name: one.grad for name, one in module.model.named_parameters() if one.grad is not None}
    return gradients, 0 if counted is None else counted.products


@pytest.mark.parametrize("kind", ["block", "selective"])
def test_checkpointed_blocks_give_the_same_gradients_under_the_same_names(kind: Checkpointing) -> None:
    plain, _ = _step("none")
    again, _ = _step(kind)
    assert again.keys() == plain.keys()
    for name, gradient in plain.items():
        assert torch.equal(again[name], gradient), name


def test_blocks_compute_all_again_and_selective_ones_no_matrix_product() -> None:
    (_, none), (_, block), (_, selective) = (_step(kind) for kind in ("none", "block", "selective"))
    assert block > 1.2 * none
    assert selective == none


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["none", "selective"])
def test_compiled_blocks_give_the_same_gradients(kind: Checkpointing) -> None:
    plain, _ = _step("none")
    compiled, _ = _step(kind, compiled=True)
    assert compiled.keys() == plain.keys()
    for name, gradient in plain.items():
        torch.testing.assert_close(compiled[name], gradient, rtol=1e-4, atol=1e-6, msg=lambda text, n=name: n + text)


def test_a_machine_that_cannot_compile_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_compiler(*_arguments: object, **_options: object) -> None:
        raise RuntimeError("no working C++ compiler")

    monkeypatch.setattr(torch, "compile", no_compiler)
    with pytest.raises(RecipeError, match=r"doesn't work here for cpu: no working C\+\+ compiler"):
        compile_blocks(build_model(toy_config()), CPU)
