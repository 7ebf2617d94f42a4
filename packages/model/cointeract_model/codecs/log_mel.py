"""An audio codec without weights: log-mel spectra around each video frame.

Windows of 1,024 samples lie every `hop` samples, symmetric about the middle of a frame's 640. In order of time, `stack` of them make
one feature vector of `stack * bands`, and `layers` vectors a frame. With the defaults the four middles lie in the frame itself, 10 ms
apart. Window positions follow from the frame's number alone, so nothing drifts, and no value depends on how long the sound is.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from cointeract_model.codecs.audio_input import check_sound
from cointeract_shards.constants import SAMPLE_RATE, audio_samples

VERSION = 1
"""Changes when any number below does."""

WINDOW = 1024
"""Samples of a spectrum, 64 ms."""

LOWEST, HIGHEST = 50.0, 7600.0
"""Hz that the bands span: speech, less what lies at the ends of a 16 kHz recording."""

FLOOR = 1e-6
"""Power added before the logarithm, so that silence is finite."""

MEAN, DEVIATION = -5.9, 4.9
"""Of the logarithms over the speech of six real product demonstrations; silence is -1.6 after they are taken off."""


class LogMelCodec:
    """See the module."""

    name = "log-mel"

    def __init__(self, layers: int = 4, bands: int = 32, stack: int = 1, hop: int = 160) -> None:
        """Take the form of the features: (layers, stack * bands) a frame.

        Raises:
            ValueError: a number below 1, or so many bands that one holds no frequency of the spectrum.
        """
        for name, value in (("layers", layers), ("bands", bands), ("stack", stack), ("hop", hop)):
            if value < 1:
                raise ValueError(f"log-mel {name} is {value}; give 1 or more")
        self.layers = layers
        self.dim = stack * bands
        self.key = f"{self.name}-{VERSION}:layers={layers},bands={bands},stack={stack},hop={hop}"
        self._windows = layers * stack
        self._hop = hop
        self._filters = mel_filters(bands)

    def encode(self, samples: Tensor, sample_rate: int, frames: int) -> Tensor:
        """Features (layers, dim, frames), float32, of (640 * frames,) samples at 16 kHz.

        Raises:
            CodecInputError: another rate, no sound, or not as long as the frames.
        """
        check_sound(samples, sample_rate, frames)
        span = WINDOW + (self._windows - 1) * self._hop
        margin = (span - audio_samples(1)) / 2  # of the windows around a frame; their middle is the frame's
        before, after = math.floor(margin), math.ceil(margin)
        padded = functional.pad(samples.float(), (before, after))
        around = padded.unfold(0, span, audio_samples(1)).unfold(1, WINDOW, self._hop)  # (frames, windows, WINDOW)
        spectra = torch.fft.rfft(around * torch.hann_window(WINDOW, device=samples.device)).abs().square()
        logs = (spectra @ self._filters.to(samples.device) + FLOOR).log()
        features: Tensor = ((logs - MEAN) / DEVIATION).reshape(frames, self.layers, self.dim)
        return features.permute(1, 2, 0).contiguous()


def mel_filters(bands: int) -> Tensor:
    """Triangles (WINDOW / 2 + 1, bands) over frequency, evenly spaced on the mel scale `2595 log10(1 + f / 700)`, each of sum 1.

    Raises:
        ValueError: so many bands that one holds no frequency of the spectrum.
    """
    ends = [2595 * math.log10(1 + frequency / 700) for frequency in (LOWEST, HIGHEST)]
    corners = 700 * (10 ** (torch.linspace(ends[0], ends[1], bands + 2, dtype=torch.float64) / 2595) - 1)
    frequencies = torch.linspace(0, SAMPLE_RATE / 2, WINDOW // 2 + 1, dtype=torch.float64)[:, None]
    rising = (frequencies - corners[:-2]) / (corners[1:-1] - corners[:-2])
    falling = (corners[2:] - frequencies) / (corners[2:] - corners[1:-1])
    triangles = torch.minimum(rising, falling).clamp(min=0)
    sums = triangles.sum(0)
    if float(sums.min()) == 0:
        raise ValueError(f"{bands} mel bands are too many for {WINDOW} samples: one holds no frequency; give fewer")
    return (triangles / sums).float()
