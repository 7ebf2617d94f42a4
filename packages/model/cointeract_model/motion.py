"""The motion packer: 19 latents before the target become few tokens, the fewer the older (Wan2.2-S2V)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cointeract_model.grid import FAR_RATE, MIDDLE_RATE, MOTION_FRAMES_FAR, MOTION_FRAMES_MIDDLE, MOTION_FRAMES_NEAR
from cointeract_model.patches import PATCH, PatchEmbedding


class MotionPacker(nn.Module):
    """Three patch embeddings: of the last latent, of the two before it at half the resolution, of 16 at a quarter."""

    def __init__(self, channels: int, hidden_size: int) -> None:
        super().__init__()
        frames, rows, columns = PATCH
        self.near = PatchEmbedding(channels, hidden_size)
        self.middle = PatchEmbedding(
            channels, hidden_size, (frames * MIDDLE_RATE, rows * MIDDLE_RATE, columns * MIDDLE_RATE)
        )
        self.far = PatchEmbedding(channels, hidden_size, (frames * FAR_RATE, rows * FAR_RATE, columns * FAR_RATE))

    def forward(self, motion: Tensor) -> Tensor:
        """Tokens (B, M, D) of latents (B, C, 19, h, w), oldest first: near, middle, far.

        Rows and columns that fill no token are left out.
        """
        far, middle, near = motion.split((MOTION_FRAMES_FAR, MOTION_FRAMES_MIDDLE, MOTION_FRAMES_NEAR), dim=2)
        return torch.cat((self.near(near), self.middle(middle), self.far(far)), dim=1)
