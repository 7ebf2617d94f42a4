"""A moving average of what is trained, whose model is steadier than that of any one step.

Not Lightning's callback: that copies the whole module, frozen weights too, which for LoRA of 14 billion parameters is 32 GB of
constants, and it can't hold parameters that are shared out among processes. Here the averages are parameters of the training
module, so that they are saved and sharded as the others are.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from cointeract_train.sharding import drop_gathered, own_share

WARM, BEGIN = 1, 10
"""The first steps count more: the decay is at most `(1 + n) / (10 + n)` after n updates."""


class Average(nn.Module):
    """Moving averages of a model's trained parameters.

    Args:
        model: whose parameters that need gradients are averaged, from their values now on.
        decay: how much of the average stays at each update, in the end.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        super().__init__()
        self._decay = decay
        self.values = nn.ParameterDict(
            {
                _key(name): nn.Parameter(parameter.detach().clone(), requires_grad=False)
                for name, parameter in model.named_parameters()
                if parameter.requires_grad
            }
        )

    @torch.no_grad()
    def update(self, model: nn.Module, updates: int) -> None:
        """Move towards the model's values, after so many earlier updates."""
        decay = min(self._decay, (WARM + updates) / (BEGIN + updates))
        averages, current = zip(*self._pairs(model), strict=True)
        torch._foreach_lerp_(averages, current, 1 - decay)

    @contextmanager
    def in_place(self, model: nn.Module) -> Iterator[None]:
        """While it is open the model has the averages, and afterwards its own values again."""
        self.swap(model)
        try:
            yield
        finally:
            self.swap(model)

    @torch.no_grad()
    def swap(self, model: nn.Module) -> None:
        """Exchange the model's values and the averages."""
        for average, parameter in self._pairs(model):
            kept = average.clone()
            average.copy_(parameter)
            parameter.copy_(kept)

    def state_of(self, model: nn.Module) -> dict[str, Tensor]:
        """The model's state with the averages in place of its own values."""
        state: dict[str, Tensor] = model.state_dict()
        return {name: self.values.get(_key(name), value) for name, value in state.items()}

    def _pairs(self, model: nn.Module) -> list[tuple[Tensor, Tensor]]:
        """Averages and the model's values, this process's shares of them."""
        drop_gathered(model)
        parameters = dict(model.named_parameters())
        return [(own_share(average), own_share(parameters[_name(key)])) for key, average in self.values.items()]


def _key(name: str) -> str:
    return name.replace(".", "/")  # a module's parameters have names without points


def _name(key: str) -> str:
    return key.replace("/", ".")
