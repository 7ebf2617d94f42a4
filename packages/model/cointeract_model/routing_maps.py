"""Pictures of where the router sends tokens (Fig. 6)."""

from __future__ import annotations

import torch
from torch import Tensor

from cointeract_model.errors import InputError
from cointeract_model.grid import Grid
from cointeract_model.router import CLASSES


@torch.no_grad()
def routing_maps(logits: Tensor | tuple[Tensor, ...], grid: Grid) -> Tensor:
    """Probabilities (B, 3, T, rows, columns) in float32, 0 to 1, in the order base, hand, head.

    Args:
        logits: of one block (B, N, 3), or of several, whose probabilities are averaged.
        grid: of the latents, `Context.grid`; a map's cell is a token, 16 x 16 pixels of the video.

    Raises:
        InputError: no logits, or not those of this grid.
    """
    blocks = (logits,) if isinstance(logits, Tensor) else logits
    if not blocks:
        raise InputError(
            "there are no router logits: call the model with router_logits=True, and build it with experts"
        )
    if blocks[0].shape[1:] != (grid.target_tokens, len(CLASSES)):
        raise InputError(f"logits {tuple(blocks[0].shape)} aren't of the {grid.target_tokens} tokens of {grid}")
    probabilities = torch.stack([block.float().softmax(-1) for block in blocks]).mean(0)
    maps: Tensor = probabilities.transpose(1, 2).unflatten(2, (grid.frames, grid.rows, grid.columns))
    return maps
