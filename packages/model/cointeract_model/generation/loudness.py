"""How loud sound is, and making it as loud as in training: ITU-R BS.1770-4, measured by FFmpeg's `ebur128`."""

from __future__ import annotations

import logging
import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from cointeract_model.codecs.loudness import DECIBELS, SILENCE, gain_towards

logger = logging.getLogger(__name__)

_INTEGRATED = "lavfi.r128.I"


def normalise(samples: NDArray[np.float32], sample_rate: int, target: float) -> NDArray[np.float32]:
    """Sound as loud as `target` LUFS over its whole length; silence as it is.

    Peaks may pass 1, as in training; a gain that would take them beyond the codecs' range is lessened, with a log line.

    Args:
        samples: (n,) mono.
        sample_rate: of the samples, Hz.
        target: -23 in training.
    """
    measured = integrated_loudness(samples, sample_rate)
    if measured <= SILENCE:
        logger.warning("the sound is silent (%.1f LUFS); its loudness was left as it is", measured)
        return samples
    gain, limited = gain_towards(samples, measured, target)
    if limited:
        logger.warning(
            "the sound has peaks far above its %.1f LUFS; it is made louder by less than asked for", measured
        )
    logger.info("loudness %.1f LUFS, %+.1f dB for the model", measured, DECIBELS * math.log10(gain))
    return (samples * np.float32(gain)).astype(np.float32)


def integrated_loudness(samples: NDArray[np.float32], sample_rate: int) -> float:
    """Gated loudness of mono samples (n,), LUFS; -70 where nothing passes the gate."""
    import av
    from av.filter import Graph

    graph = Graph()
    source = graph.add_abuffer(sample_rate=sample_rate, format="flt", layout="mono", time_base=Fraction(1, sample_rate))
    meter, sink = graph.add("ebur128", "metadata=1"), graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(samples[None], format="flt", layout="mono")
    frame.sample_rate, frame.pts = sample_rate, 0
    graph.push(frame)
    graph.push(None)
    integrated = SILENCE
    while True:
        try:
            metadata = graph.pull().metadata
        except (av.error.BlockingIOError, av.error.EOFError):
            return max(SILENCE, integrated)
        if _INTEGRATED in metadata:  # the last, incomplete step of 100 ms carries none
            integrated = float(metadata[_INTEGRATED])
