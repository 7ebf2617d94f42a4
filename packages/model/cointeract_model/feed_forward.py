"""The feed-forward network of a block: the shared expert, and the human-aware mixture on the target (section 3.2)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cointeract_model.config import ModelConfig
from cointeract_model.experts import DispatchedExperts, MixedExperts, build_experts
from cointeract_model.layout import Span
from cointeract_model.projections import gathered_rows
from cointeract_model.router import Router
from cointeract_model.switches import Switches


class SharedExpert(nn.Sequential):
    """The original feed-forward network, which every token of both streams passes: linear, GELU, linear."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(
            nn.Linear(config.hidden_size, config.feed_forward_size),
            nn.GELU(approximate="tanh"),
            nn.Linear(config.feed_forward_size, config.hidden_size),
        )


class FeedForward(nn.Module):
    """Shared expert for all tokens; router and experts for the target's, when and where they count."""

    router: Router | None
    experts: DispatchedExperts | MixedExperts | None

    def __init__(self, config: ModelConfig, switches: Switches) -> None:
        super().__init__()
        self.shared = SharedExpert(config)
        self.router, self.experts = None, None
        if config.expert_size is not None:
            self.router = Router(config, switches.router)
            self.experts = build_experts(config, switches.experts, config.expert_size)

    def forward(
        self, tokens: Tensor, target: Span, samples: tuple[int, ...], with_logits: bool
    ) -> tuple[Tensor, Tensor | None]:
        """What to add to RGB tokens (B, L, D), and the router's logits (B, N, 3) of the target's N where they are wanted.

        Args:
            tokens: normed and modulated.
            target: where the target's tokens lie.
            samples: those whose experts count at their timestep.
            with_logits: also of samples whose experts don't count. The router's loss and pictures want them.
        """
        out: Tensor = self.shared(tokens)
        if self.router is None or self.experts is None:
            return out, None
        own = tokens[:, target.start : target.stop]
        # With no sample this runs over nothing: it costs nothing, and leaves gradients that are zero and not missing.
        routed = gathered_rows(own, samples)
        logits = self.router(own) if with_logits else None
        update = self.experts(routed, self.router(routed) if logits is None else gathered_rows(logits, samples))
        changed = out[:, target.start : target.stop]
        if len(samples) == len(tokens):
            changed += update.to(out.dtype)
        else:
            rows = torch.tensor(samples, device=out.device, dtype=torch.long)
            changed.index_add_(0, rows, update.to(out.dtype))
        return out, logits
