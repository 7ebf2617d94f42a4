"""A latent codec without weights: sixteen cosine coefficients of each block of 4 frames and 8x8 pixels.

It has the Wan VAE's geometry, so whatever runs with the one runs with the other. Colours are turned into brightness and two
differences, blocks into products of cosines along time, rows and columns (DCT-II). All basis functions are orthonormal: `decode`
after `encode` is the orthogonal projection onto the coefficients that are kept, `encode` after `decode` the identity.

Which coefficients are kept follows from their energy on twelve 25-frame clips of six real product demonstrations at 208x120 pixels.
Means and deviations are of the same clips, geometric means over 832x480, 416x240 and 208x120, so that latents of such footage have
about unit variance; deviations of fine detail vary with resolution by up to two.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from cointeract_model.codecs.protocols import Variation
from cointeract_model.codecs.video_input import LATENT_CHANNELS, check_frames, check_latents
from cointeract_shards.constants import VAE_SPATIAL_STRIDE, VAE_TEMPORAL_STRIDE

VERSION = 1
"""Changes when any number below does."""

COLOURS = ((1.0, 1.0, 1.0), (1.0, 0.0, -1.0), (1.0, -2.0, 1.0))
"""Brightness, red against blue, magenta against green; made orthonormal."""

BRIGHT, RED_BLUE, MAGENTA_GREEN = range(3)


@dataclass(frozen=True)
class Coefficient:
    """One channel: how many half waves along colour, time, rows and columns, and how it is distributed on real footage."""

    colour: int
    time: int
    row: int
    column: int
    deviation: float
    mean: float = 0.0


_BLOCK = (
    Coefficient(BRIGHT, 0, 0, 0, 12.28, mean=-1.73),
    Coefficient(RED_BLUE, 0, 0, 0, 3.35, mean=2.68),
    Coefficient(MAGENTA_GREEN, 0, 0, 0, 0.72, mean=0.26),
    Coefficient(BRIGHT, 0, 0, 1, 2.69),
    Coefficient(BRIGHT, 0, 1, 0, 2.02),
    Coefficient(BRIGHT, 0, 0, 2, 1.24),
    Coefficient(BRIGHT, 0, 1, 1, 0.93),
    Coefficient(BRIGHT, 0, 2, 0, 0.92),
    Coefficient(BRIGHT, 0, 0, 3, 0.75),
    Coefficient(BRIGHT, 0, 1, 2, 0.59),
    Coefficient(BRIGHT, 0, 2, 1, 0.55),
    Coefficient(BRIGHT, 0, 3, 0, 0.51),
    Coefficient(RED_BLUE, 0, 0, 1, 0.57),
    Coefficient(BRIGHT, 1, 0, 0, 0.81),
    Coefficient(BRIGHT, 1, 0, 1, 0.38),
    Coefficient(BRIGHT, 1, 1, 0, 0.35),
)
"""Channels of the latents after the first, of four frames each."""

_FIRST_FRAME = (
    Coefficient(BRIGHT, 0, 0, 0, 6.16, mean=-0.87),
    Coefficient(RED_BLUE, 0, 0, 0, 1.68, mean=1.34),
    Coefficient(MAGENTA_GREEN, 0, 0, 0, 0.36, mean=0.13),
    Coefficient(BRIGHT, 0, 0, 1, 1.37),
    Coefficient(BRIGHT, 0, 1, 0, 1.04),
    Coefficient(BRIGHT, 0, 0, 2, 0.64),
    Coefficient(BRIGHT, 0, 1, 1, 0.48),
    Coefficient(BRIGHT, 0, 2, 0, 0.48),
    Coefficient(BRIGHT, 0, 0, 3, 0.39),
    Coefficient(BRIGHT, 0, 1, 2, 0.31),
    Coefficient(BRIGHT, 0, 2, 1, 0.29),
    Coefficient(BRIGHT, 0, 3, 0, 0.27),
    Coefficient(RED_BLUE, 0, 0, 1, 0.29),
    Coefficient(RED_BLUE, 0, 1, 0, 0.22),
    Coefficient(BRIGHT, 0, 0, 4, 0.23),
    Coefficient(BRIGHT, 0, 1, 3, 0.21),
)
"""Channels of the first latent. Those before the last three mean the same as in the others."""


class BlockDctCodec:
    """See the module. Differentiable, deterministic, runs on whatever device its input is on."""

    name = "block-dct"
    key = f"block-dct-{VERSION}"
    channels = LATENT_CHANNELS

    def __init__(self) -> None:
        self._first = _Blocks(_FIRST_FRAME, frames=1)
        self._rest = _Blocks(_BLOCK, frames=VAE_TEMPORAL_STRIDE)

    def encode(self, frames: Tensor) -> Tensor:
        """Latents (B, 16, 1 + (T - 1) / 4, H / 8, W / 8), float32, of frames (B, 3, T, H, W) from -1 to 1.

        Raises:
            CodecInputError: frames of another shape, dtype or range.
        """
        check_frames(frames)
        parts = [self._first.encode(frames[:, :, :1])]
        if frames.shape[2] > 1:
            parts.append(self._rest.encode(frames[:, :, 1:]))
        return torch.cat(parts, 2)

    def decode(self, latents: Tensor) -> Tensor:
        """Frames (B, 3, 1 + 4 (L - 1), 8 h, 8 w), float32, of latents (B, 16, L, h, w). Not clamped: that would break the inverse.

        Raises:
            CodecInputError: latents of another shape or dtype.
        """
        check_latents(latents)
        parts = [self._first.decode(latents[:, :, :1])]
        if latents.shape[2] > 1:
            parts.append(self._rest.decode(latents[:, :, 1:]))
        return torch.cat(parts, 2)

    def vary(self, latents: Tensor, variation: Variation, *, from_start: bool) -> Tensor:
        """Latents of the changed video; exact, as mirroring and changes of colour keep every cosine to itself.

        Args:
            latents: (B, 16, L, h, w).
            variation: the change.
            from_start: whether latent 0 covers the first frame alone.

        Raises:
            CodecInputError: latents of another shape or dtype.
        """
        check_latents(latents)
        if not from_start:
            return self._rest.vary(latents, variation)
        return torch.cat(
            (self._first.vary(latents[:, :, :1], variation), self._rest.vary(latents[:, :, 1:], variation)), 2
        )


class _Blocks:
    """The kept coefficients of blocks of one length in time."""

    def __init__(self, kept: tuple[Coefficient, ...], frames: int) -> None:
        colours = functional.normalize(torch.tensor(COLOURS, dtype=torch.float64), dim=1)
        in_time, in_space = _cosines(frames), _cosines(VAE_SPATIAL_STRIDE)
        self._basis = torch.stack(
            [
                torch.einsum("c,t,y,x->ctyx", colours[k.colour], in_time[k.time], in_space[k.row], in_space[k.column])
                for k in kept
            ]
        )
        self._mean = torch.tensor([k.mean for k in kept])[:, None, None, None]
        self._deviation = torch.tensor([k.deviation for k in kept])[:, None, None, None]
        self._stride = (frames, VAE_SPATIAL_STRIDE, VAE_SPATIAL_STRIDE)
        self._colours = torch.tensor([k.colour for k in kept])
        self._sign_mirrored = torch.tensor([-1.0 if k.column % 2 else 1.0 for k in kept])[:, None, None, None]
        # A block of one value throughout is that value times this in the coefficient without waves, and zero in the others.
        constant = math.sqrt(frames) * VAE_SPATIAL_STRIDE
        self._of_constant = torch.tensor([0.0 if k.time or k.row or k.column else constant for k in kept])

    def encode(self, pixels: Tensor) -> Tensor:
        basis, mean, deviation = self._on(pixels)
        return ((functional.conv3d(pixels.to(basis.dtype), basis, stride=self._stride) - mean) / deviation).float()

    def decode(self, latents: Tensor) -> Tensor:
        basis, mean, deviation = self._on(latents)
        coefficients = latents.to(basis.dtype) * deviation + mean
        blocks = torch.einsum(
            "bkThw,kctyx->bcTthywx", coefficients, basis
        )  # a product; a transposed convolution takes longer
        return blocks.flatten(6, 7).flatten(4, 5).flatten(2, 3).float()

    def vary(self, latents: Tensor, variation: Variation) -> Tensor:
        gains, shifts = torch.tensor(variation.gains), torch.tensor(variation.shifts)
        gain = gains[self._colours][:, None, None, None]
        shift = (shifts[self._colours] * self._of_constant)[:, None, None, None]
        # gain * (latent * deviation + mean) + shift, in units of the deviation again.
        offset = (shift + (gain - 1) * self._mean) / self._deviation
        if variation.mirrored:
            gain, latents = gain * self._sign_mirrored, latents.flip(-1)
        return latents * gain.to(latents.device) + offset.to(latents.device)

    def _on(self, like: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Basis, means and deviations beside a tensor. On a GPU in float64: float32 products may be rounded to 10 bits there."""
        dtype = torch.float64 if like.is_cuda else torch.float32
        return (
            self._basis.to(like.device, dtype),
            self._mean.to(like.device, dtype),
            self._deviation.to(like.device, dtype),
        )


def _cosines(length: int) -> Tensor:
    """Orthonormal DCT-II, (waves, positions) in float64."""
    positions = torch.arange(length, dtype=torch.float64) + 0.5
    waves = torch.arange(length, dtype=torch.float64)[:, None]
    return functional.normalize(torch.cos(math.pi / length * waves * positions), dim=1)
