"""From latents to tokens and back. A token covers 1 x 2 x 2 cells."""

from __future__ import annotations

from torch import Tensor, nn

from cointeract_model.grid import Grid
from cointeract_shards.constants import PATCH_SIZE

PATCH = (1, PATCH_SIZE, PATCH_SIZE)
PATCH_CELLS = PATCH_SIZE * PATCH_SIZE


class PatchEmbedding(nn.Conv3d):
    """Latents (B, C, T, h, w) to tokens (B, T h/2 w/2, D): time first, then rows, then columns.

    Each stream has its own (section 3.1); pose has a third, whose tokens are added to the target's.
    """

    def __init__(self, channels: int, hidden_size: int, patch: tuple[int, int, int] = PATCH) -> None:
        super().__init__(channels, hidden_size, kernel_size=patch, stride=patch)

    def forward(self, latents: Tensor) -> Tensor:
        """Tokens in the weights' dtype."""
        patches: Tensor = super().forward(latents.to(self.weight.dtype)).flatten(2).transpose(1, 2)
        return patches


def unpatchify(patches: Tensor, grid: Grid) -> Tensor:
    """Patches (B, T h/2 w/2, 4 C), channels fastest, to latents (B, C, T, h, w)."""
    cells = patches.unflatten(2, (PATCH_SIZE, PATCH_SIZE, -1))
    cells = cells.unflatten(1, (grid.frames, grid.rows, grid.columns))  # (B, T, rows, columns, 2, 2, C)
    latents: Tensor = cells.permute(0, 6, 1, 2, 4, 3, 5).flatten(5, 6).flatten(3, 4)
    return latents
