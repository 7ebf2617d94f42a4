"""Values of a new model: what is added to a working whole starts at nothing.

The last layers of heads, experts and audio injections are zero, so that a new model predicts zero velocity, and a base
model with new experts predicts what it did.
"""

from __future__ import annotations

import math

import torch
from torch import nn

from cointeract_model.audio import AudioEncoder
from cointeract_model.audio_injection import AudioInjection
from cointeract_model.block import Block
from cointeract_model.experts import Expert
from cointeract_model.head import VelocityHead
from cointeract_model.patches import PatchEmbedding
from cointeract_model.projections import SelfAttention
from cointeract_model.rope import pairs_of_axes

STATE_WEIGHT = 0.01
"""Of each hidden state of the audio encoder (Wan2.2-S2V)."""
EMBEDDING_DEVIATION = 0.02
QUICKEST_PAIRS = 2
"""Rotary pairs of rows and of columns that tell neighbours apart; slower ones barely turn within a small picture."""


@torch.no_grad()
def initialise(model: nn.Module) -> None:
    """Set every parameter of a transformer but those of norms and audio convolutions, which have PyTorch's own values."""
    for module in model.modules():
        if isinstance(module, nn.Linear | PatchEmbedding):
            nn.init.xavier_uniform_(module.weight.flatten(1))
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=EMBEDDING_DEVIATION)
    for module in model.modules():
        if isinstance(module, Block):
            for table in (module.modulation, module.hoi_modulation):
                if table is not None:
                    nn.init.normal_(table, std=1 / math.sqrt(table.shape[-1]))
        elif isinstance(module, VelocityHead):
            nn.init.normal_(module.modulation, std=1 / math.sqrt(module.modulation.shape[-1]))
            nn.init.zeros_(module.projection.weight)
        elif isinstance(module, Expert):
            nn.init.zeros_(module.fc2.weight)
        elif isinstance(module, AudioInjection):
            nn.init.zeros_(module.attention.o.weight)
        elif isinstance(module, AudioEncoder):
            nn.init.constant_(module.state_weights, STATE_WEIGHT)
            nn.init.zeros_(module.padding_token)


@torch.no_grad()
def attend_to_same_place(model: nn.Module, strength: float) -> None:
    """Let half of a new model's heads begin to attend to each token's own row and column, at all times and in all references.

    Queries and keys get the same constant in the quickest rotary pairs of rows and columns: their product is largest
    where the places are equal, whatever the content. That a place in the reference tells what is at that place in the target
    is what a model that is trained from nothing takes longest to find out. It is where training begins, and no constraint.
    The other heads look for content from the start: with all of them bound to places less is learned.

    Args:
        model: new.
        strength: of the constant; the features of queries and keys have about unit variance beside it.
    """
    if not strength:
        return
    for module in model.modules():
        if isinstance(module, SelfAttention):
            for projection in (module.q, module.k):
                pairs = projection.bias.view(module.heads, -1, 2)
                times, rows, _ = pairs_of_axes(2 * pairs.shape[1])
                for first in (times, times + rows):
                    pairs[: max(1, module.heads // 2), first : first + min(QUICKEST_PAIRS, rows), 0] = strength
