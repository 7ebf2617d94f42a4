"""What every latent codec asks of its input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cointeract_model.codecs.errors import CodecInputError
from cointeract_shards.constants import VAE_SPATIAL_STRIDE, VAE_TEMPORAL_STRIDE

if TYPE_CHECKING:
    from torch import Tensor

RGB = 3
RGB_ALPHA = 4
VIDEO_DIMENSIONS = 5

LATENT_CHANNELS = 16
"""Of the Wan 2.1 VAE, and of what takes its place."""

LARGEST_PIXEL = 16.0
"""Decoded frames overshoot -1 .. 1 and may be encoded again; what lies beyond this is in another range, such as 0 .. 255."""


def check_frames(frames: Tensor) -> None:
    """Refuse what isn't (B, 3, 1 + 4 n, 8 h, 8 w) of finite floating-point pixels from -1 to 1.

    Raises:
        CodecInputError: naming the first thing that doesn't hold.
    """
    shape = tuple(frames.shape)
    if frames.ndim != VIDEO_DIMENSIONS or 0 in shape:
        raise CodecInputError(f"frames have the shape {shape}; give (batch, 3, frames, height, width)")
    if shape[1] != RGB:
        advice = "lay it over a background first" if shape[1] == RGB_ALPHA else "give (batch, 3, frames, height, width)"
        raise CodecInputError(f"frames have {shape[1]} channels, not red, green and blue: {advice}")
    if (shape[2] - 1) % VAE_TEMPORAL_STRIDE:
        raise CodecInputError(f"{shape[2]} frames can't be encoded: give 1 + 4 n, such as 1, 73, 81 or 153")
    if shape[3] % VAE_SPATIAL_STRIDE or shape[4] % VAE_SPATIAL_STRIDE:
        raise CodecInputError(
            f"frames of {shape[3]}x{shape[4]} pixels can't be encoded: height and width must be multiples of "
            f"{VAE_SPATIAL_STRIDE} (16 for the transformer)"
        )
    if not frames.is_floating_point():
        raise CodecInputError(f"frames are {frames.dtype}; give floating point from -1 to 1, pixels / 127.5 - 1")
    largest = float(frames.detach().abs().max())
    if not largest <= LARGEST_PIXEL:
        raise CodecInputError(f"frames hold the value {largest}; give finite pixels from -1 to 1, pixels / 127.5 - 1")


def check_latents(latents: Tensor) -> None:
    """Refuse what isn't (B, 16, L, h, w) in floating point.

    Raises:
        CodecInputError: another shape or dtype.
    """
    shape = tuple(latents.shape)
    if latents.ndim != VIDEO_DIMENSIONS or 0 in shape or shape[1] != LATENT_CHANNELS:
        raise CodecInputError(
            f"latents have the shape {shape}; give (batch, {LATENT_CHANNELS}, latents, height, width)"
        )
    if not latents.is_floating_point():
        raise CodecInputError(f"latents are {latents.dtype}; give floating point")
