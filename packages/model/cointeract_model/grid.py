"""The token grid of a clip, and how many tokens each part of the sequence has."""

from __future__ import annotations

from dataclasses import dataclass

from cointeract_shards.constants import PATCH_SIZE

MOTION_FRAMES_FAR = 16
MOTION_FRAMES_MIDDLE = 2
MOTION_FRAMES_NEAR = 1
"""The 19 motion latents, oldest first, are packed at three rates: far, middle, near (Wan2.2-S2V)."""

MIDDLE_RATE = 2
FAR_RATE = 4
"""A middle token covers twice, a far token four times the latents of a near one along time, rows and columns."""


@dataclass(frozen=True)
class Grid:
    """T target latents of h x w cells; a token covers 1 x 2 x 2 of them."""

    frames: int
    """Target latent frames, T."""
    height: int
    """Latent rows, h; even."""
    width: int
    """Latent columns, w; even."""

    @property
    def rows(self) -> int:
        """Rows of tokens."""
        return self.height // PATCH_SIZE

    @property
    def columns(self) -> int:
        """Columns of tokens."""
        return self.width // PATCH_SIZE

    @property
    def frame_tokens(self) -> int:
        """Tokens of one latent frame, n; also of a reference."""
        return self.rows * self.columns

    @property
    def target_tokens(self) -> int:
        """Tokens of the target, T n; also of the HOI stream."""
        return self.frames * self.frame_tokens

    @property
    def motion_shapes(self) -> tuple[tuple[int, int, int], ...]:
        """Frames, rows and columns of motion tokens: near, middle, far. A rest that fills no token is left out."""
        return tuple(
            (frames // rate, self.height // (PATCH_SIZE * rate), self.width // (PATCH_SIZE * rate))
            for frames, rate in (
                (MOTION_FRAMES_NEAR, 1),
                (MOTION_FRAMES_MIDDLE, MIDDLE_RATE),
                (MOTION_FRAMES_FAR, FAR_RATE),
            )
        )

    @property
    def motion_tokens(self) -> int:
        """Tokens of the packed motion."""
        return sum(frames * rows * columns for frames, rows, columns in self.motion_shapes)
