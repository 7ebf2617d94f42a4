"""What CoInteract adds to Wan2.2-S2V: router and experts, the HOI stream's parts; and how they start from a base model.

The experts start at nothing and the HOI stream as a copy of the RGB stream, as in the released code, so that a base model
with new parts predicts what it did.
"""

from __future__ import annotations

import re

import torch
from torch import nn

from cointeract_model.block import Block
from cointeract_model.experts import Expert, build_experts
from cointeract_model.router import Router
from cointeract_model.transformer import Transformer

_EXPERTS = re.compile(r"blocks\.\d+\.feed_forward\.(router|experts)\..+")
_HOI_PREFIX = "hoi_"
_BLOCK_HOI = re.compile(r"blocks\.\d+\.hoi_modulation")
HOI_TYPE = "hoi_type_embedding.weight"
"""The one HOI tensor that is no copy: it starts at zero."""


def is_expert_part(name: str) -> bool:
    """Whether one of our names belongs to a router or an expert other than the shared one."""
    return _EXPERTS.fullmatch(name) is not None


def is_hoi_part(name: str) -> bool:
    """Whether one of our names belongs to the HOI stream alone."""
    return name.startswith(_HOI_PREFIX) or _BLOCK_HOI.fullmatch(name) is not None


def rgb_counterpart(name: str) -> str:
    """The RGB stream's tensor that an HOI tensor starts as a copy of; not of the type embedding, which starts at zero."""
    return name.replace(_HOI_PREFIX, "", 1)


@torch.no_grad()
def start_experts(model: Transformer, seed: int, device: torch.device, dtype: torch.dtype) -> None:
    """Give every block a new router and new experts, in place.

    The router and the experts' first layer start as PyTorch starts linear layers, the first layer without a bias; the
    experts' second layer is zero.

    Args:
        model: whose configuration has experts; blocks one after another, so that little lies in memory twice.
        seed: of the values; the same on every machine.
        device: of the new parts.
        dtype: of the new parts.
    """
    size = model.config.expert_size
    assert size is not None
    with torch.random.fork_rng(devices=[]), torch.device("cpu"):
        torch.manual_seed(seed)
        for block in model.blocks:
            assert isinstance(block, Block)
            feed = block.feed_forward
            feed.router = Router(model.config, model.switches.router).to(device, dtype)
            experts = build_experts(model.config, model.switches.experts, size)
            for expert in experts.children():
                assert isinstance(expert, Expert)
                for tensor in (expert.fc1.bias, expert.fc2.weight, expert.fc2.bias):
                    nn.init.zeros_(tensor)
            feed.experts = experts.to(device, dtype)
