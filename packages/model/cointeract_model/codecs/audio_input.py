"""What every audio codec asks of its input, and how sound is made as long as frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cointeract_model.codecs.errors import CodecInputError
from cointeract_shards.constants import SAMPLE_RATE, audio_samples

if TYPE_CHECKING:
    from torch import Tensor

SHORTEST = 400
"""Samples that wav2vec 2.0 needs for its first feature: 25 ms."""

LARGEST_SAMPLE = 8.0
"""Sound may clip beyond -1 .. 1; what lies beyond this is in another range, such as 16-bit integers."""


def check_sound(samples: Tensor, sample_rate: int, frames: int) -> None:
    """Refuse what isn't (640 * frames,) finite samples from -1 to 1 at 16 kHz.

    Raises:
        CodecInputError: naming the first thing that doesn't hold.
    """
    if sample_rate != SAMPLE_RATE:
        raise CodecInputError(f"sound has {sample_rate} samples a second; resample it to {SAMPLE_RATE}")
    if samples.ndim != 1:
        raise CodecInputError(f"sound has the shape {tuple(samples.shape)}; give one channel, (samples,)")
    if not samples.numel():
        raise CodecInputError("sound is empty; give 640 samples for each video frame")
    if len(samples) < SHORTEST:
        raise CodecInputError(f"sound of {len(samples)} samples is shorter than the {SHORTEST} of one feature")
    if len(samples) != audio_samples(frames):
        raise CodecInputError(
            f"sound of {len(samples)} samples for {frames} frames; {audio_samples(frames)} belong to so many: cut or pad it "
            "(audio_input.fit_sound), or lips would drift"
        )
    if not samples.is_floating_point():
        raise CodecInputError(f"sound is {samples.dtype}; give floating point from -1 to 1, 16-bit samples / 32768")
    largest = float(samples.detach().abs().max())
    if not largest <= LARGEST_SAMPLE:
        raise CodecInputError(f"sound holds the value {largest}; give finite samples from -1 to 1")


def frames_of(samples: int) -> int:
    """Number of video frames that so many samples fill, the last one perhaps in part."""
    return -(-samples // audio_samples(1))


def fit_sound(samples: Tensor, frames: int) -> Tensor:
    """Sound (640 * frames,) of the first frames: cut, or followed by silence.

    Args:
        samples: (n,) at 16 kHz.
        frames: number of video frames at 25 fps.
    """
    from torch.nn import functional

    missing = audio_samples(frames) - len(samples)
    return functional.pad(samples, (0, missing))  # a negative pad cuts
