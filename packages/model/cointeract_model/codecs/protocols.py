"""What a codec of each kind does. Curation caches what they make under `key`; training and generation know nothing else of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from torch import Tensor


class Codec(Protocol):
    """What all codecs have."""

    @property
    def name(self) -> str:
        """Which codec, such as `wan-vae`: lower case, digits and `-`."""
        ...

    @property
    def key(self) -> str:
        """Name, weights and options: equal keys make equal features of the same input, up to the rounding of the hardware."""
        ...


class LatentCodec(Codec, Protocol):
    """Frames to latents of the Wan VAE's geometry: the first frame alone, then four frames a latent, 8x8 pixels a cell."""

    @property
    def channels(self) -> int:
        """Channels of a latent: 16."""
        ...

    def encode(self, frames: Tensor) -> Tensor:
        """Latents (B, channels, 1 + (T - 1) / 4, H / 8, W / 8), float32, about unit variance.

        Latent 0 covers frame 0, latent m > 0 frames `4m - 3 .. 4m`. No latent depends on a later frame than its last.

        Args:
            frames: (B, 3, T, H, W) RGB, -1 black to 1 white, T = 1 + 4 n, H and W multiples of 8.

        Raises:
            CodecInputError: other frames.
        """
        ...

    def decode(self, latents: Tensor) -> Tensor:
        """Frames (B, 3, 1 + 4 (L - 1), 8 h, 8 w), float32, -1 to 1 up to overshoot: clamp before they are shown.

        Args:
            latents: (B, channels, L, h, w).

        Raises:
            CodecInputError: other latents.
        """
        ...


@dataclass(frozen=True)
class Variation:
    """How a picture is changed: gains and shifts of brightness, of red against blue, and of magenta against green."""

    mirrored: bool = False
    """Left and right exchanged."""
    gains: tuple[float, float, float] = (1.0, 1.0, 1.0)
    shifts: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """After the gains; of values from -1 to 1, along the orthonormal axes of the colours."""


@runtime_checkable
class VariableLatents(LatentCodec, Protocol):
    """A latent codec that changes pictures in their latents, as if they had been encoded changed."""

    def vary(self, latents: Tensor, variation: Variation, *, from_start: bool) -> Tensor:
        """Latents (B, channels, L, h, w) of the changed video, not clamped to the range of a picture.

        Args:
            latents: (B, channels, L, h, w).
            variation: the change.
            from_start: whether latent 0 covers the first frame alone, rather than four frames as the others do.

        Raises:
            CodecInputError: other latents.
        """
        ...


class TextCodec(Codec, Protocol):
    """A prompt to a row for each token."""

    @property
    def dim(self) -> int:
        """Length of a row."""
        ...

    @property
    def max_tokens(self) -> int:
        """Most rows of a prompt; the model is given so many, the rest zero (`text_rows.pad_rows`)."""
        ...

    def encode(self, prompt: str) -> Tensor:
        """Rows (L, dim), float32, 1 <= L <= max_tokens, without the zero rows that follow. An empty prompt has its end token.

        A longer prompt loses its end, and a log line says how many tokens.
        """
        ...


class AudioCodec(Codec, Protocol):
    """Sound to features for each video frame."""

    @property
    def layers(self) -> int:
        """Feature vectors of a frame; the model learns how to mix them."""
        ...

    @property
    def dim(self) -> int:
        """Length of a feature vector."""
        ...

    def encode(self, samples: Tensor, sample_rate: int, frames: int) -> Tensor:
        """Features (layers, dim, frames), float32; column k belongs to video frame k, 40 ms from sample 640 k on.

        Args:
            samples: (640 * frames,) mono, -1 to 1.
            sample_rate: 16,000 Hz.
            frames: number of video frames at 25 fps.

        Raises:
            CodecInputError: another rate, no sound, too short, or not as long as the frames.
        """
        ...
