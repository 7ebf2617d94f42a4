"""Rotary position embedding in three dimensions (Eq. 3): one float32 table that all heads share.

A head's features are pairs of neighbours. Of D/2 pairs the first `D/2 - 2 (D/6)` turn with time, `D/6` with the row and
`D/6` with the column (whole numbers): 22, 21, 21 for D = 128. Pair i of an axis with m pairs turns by
`position * 10000^(-i/m)`.
"""

from __future__ import annotations

import torch
from torch import Tensor

from cointeract_model.positions import Positions

THETA = 10_000.0


def pairs_of_axes(head_size: int) -> tuple[int, int, int]:
    """Rotary pairs of time, row and column."""
    spatial = head_size // 6
    return head_size // 2 - 2 * spatial, spatial, spatial


def rotary_table(positions: Positions, head_size: int, device: torch.device | None = None) -> Tensor:
    """Cosine and sine of each token's angles: (..., S, head_size / 2, 2) in float32 for positions (..., S, 3).

    Angles are made in float64: float32 would lose the last digits of far positions.
    """
    where = torch.as_tensor(positions, dtype=torch.float64)
    angles = []
    for axis, pairs in enumerate(pairs_of_axes(head_size)):
        frequencies = THETA ** (-torch.arange(pairs, dtype=torch.float64) / pairs)
        angles.append(where[..., axis, None] * frequencies)
    turned = torch.cat(angles, dim=-1)
    return torch.stack((turned.cos(), turned.sin()), dim=-1).to(device=device, dtype=torch.float32)


def rotate(heads: Tensor, table: Tensor) -> Tensor:
    """Turn the pairs of `heads` (B, L, H, D) by `table` (B or 1, L, D/2, 2); computed in float32, given in its dtype.

    The product of two complex numbers is the rotation, and reads and writes the tokens once.
    """
    pairs = torch.view_as_complex(heads.float().unflatten(-1, (-1, 2)))
    turned = pairs * torch.view_as_complex(table).unsqueeze(2)
    return torch.view_as_real(turned).flatten(-2).to(heads.dtype)
