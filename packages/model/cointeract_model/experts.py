"""The experts of the human-aware mixture (section 3.2), in the paper's form and in the released one."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from cointeract_model.config import ModelConfig
from cointeract_model.router import BASE, HAND, HEAD


class Expert(nn.Module):
    """A light feed-forward network: linear, GELU, linear."""

    def __init__(self, hidden_size: int, expert_size: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(hidden_size, expert_size)
        self.fc2 = nn.Linear(expert_size, hidden_size)

    def forward(self, tokens: Tensor) -> Tensor:
        """(..., D) to (..., D)."""
        out: Tensor = self.fc2(functional.gelu(self.fc1(tokens), approximate="tanh"))
        return out


class DispatchedExperts(nn.Module):
    """The paper's: each token is processed by the expert of its most likely region, weighted by that probability.

    The paper says that the router assigns a token to one expert and not by what it weighs the result; the probability
    is the usual weight, and lets the flow matching loss reach the router too.
    """

    def __init__(self, hidden_size: int, expert_size: int) -> None:
        super().__init__()
        self.base = Expert(hidden_size, expert_size)
        self.hand = Expert(hidden_size, expert_size)
        self.head = Expert(hidden_size, expert_size)

    def forward(self, tokens: Tensor, logits: Tensor) -> Tensor:
        """What the experts add to tokens (B, N, D) with logits (B, N, 3)."""
        flat = tokens.flatten(0, 1)
        weight, region = logits.flatten(0, 1).float().softmax(-1).max(-1)
        out = torch.zeros_like(flat)
        for label, expert in ((BASE, self.base), (HAND, self.hand), (HEAD, self.head)):
            # Called even where it has no token, so that its gradient is zero and not missing: processes that share
            # a reduction must agree on what they reduce.
            chosen = (region == label).nonzero()[:, 0]
            processed = expert(flat[chosen]) * weight[chosen, None].to(flat.dtype)
            out.index_add_(0, chosen, processed.to(flat.dtype))
        return out.view_as(tokens)


class MixedExperts(nn.Module):
    """The released ones: hand and head both run, weighted by their probabilities; that of base weighs nothing."""

    def __init__(self, hidden_size: int, expert_size: int) -> None:
        super().__init__()
        self.hand = Expert(hidden_size, expert_size)
        self.head = Expert(hidden_size, expert_size)

    def forward(self, tokens: Tensor, logits: Tensor) -> Tensor:
        """What the experts add to tokens (B, N, D) with logits (B, N, 3)."""
        weights = logits.float().softmax(-1).to(tokens.dtype)
        hand: Tensor = weights[..., HAND, None] * self.hand(tokens)
        head: Tensor = weights[..., HEAD, None] * self.head(tokens)
        return hand + head


def build_experts(config: ModelConfig, kind: str, expert_size: int) -> DispatchedExperts | MixedExperts:
    """Experts of the preset `paper` or `release`."""
    form = DispatchedExperts if kind == "paper" else MixedExperts
    return form(config.hidden_size, expert_size)
