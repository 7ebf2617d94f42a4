"""How loud a clip is: integrated loudness by ITU-R BS.1770-4 (FFmpeg's ``ebur128``), peak and clipping."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

# av is imported inside functions so that light commands stay light.

LOUDNESS_FLOOR_LUFS = -70.0
"""The absolute gate of BS.1770, below which nothing counts: what is reported for silence, never minus infinity."""

PEAK_FLOOR_DBFS = -96.0
"""Peak level that is reported for digital silence: just below half a step of 16 bit (-90.3 dBFS is one step)."""

FULL_SCALE = 32768
INTEGRATED_KEY = "lavfi.r128.I"


@dataclass(frozen=True)
class Loudness:
    """Levels of a clip's sound.

    Attributes:
        integrated_lufs: gated loudness of the whole clip, at least -70.
        peak_dbfs: level of the largest sample, at least -96, 0 for full scale.
        clipping_share: share of samples at or above the clipping level, 0..1.
    """

    integrated_lufs: float
    peak_dbfs: float
    clipping_share: float


def measure_loudness(samples: NDArray[np.int16], sample_rate: int, clipping_level: float) -> Loudness:
    """Levels of mono samples ``(N,)`` int16.

    Raises `RuntimeError` where FFmpeg reports no loudness, which it does for anything shorter than 100 ms.
    """
    magnitude = np.abs(samples.astype(np.int32))
    peak = int(magnitude.max())
    peak_dbfs = max(PEAK_FLOOR_DBFS, 20.0 * float(np.log10(peak / FULL_SCALE))) if peak else PEAK_FLOOR_DBFS
    clipping = float((magnitude >= clipping_level * (FULL_SCALE - 1)).mean())
    integrated = max(LOUDNESS_FLOOR_LUFS, _integrated_lufs(samples, sample_rate))
    return Loudness(integrated, peak_dbfs, clipping)


def _integrated_lufs(samples: NDArray[np.int16], sample_rate: int) -> float:
    import av
    from av.filter import Graph

    graph = Graph()
    source = graph.add_abuffer(sample_rate=sample_rate, format="s16", layout="mono", time_base=Fraction(1, sample_rate))
    meter = graph.add("ebur128", "metadata=1")
    sink = graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(samples[np.newaxis], format="s16", layout="mono")
    frame.sample_rate = sample_rate
    frame.pts = 0
    graph.push(frame)
    graph.push(None)
    integrated: float | None = None
    while True:
        try:
            metadata = graph.pull().metadata
        except (av.error.BlockingIOError, av.error.EOFError):
            break
        if INTEGRATED_KEY in metadata:  # the last, incomplete step of 100 ms carries none
            integrated = float(metadata[INTEGRATED_KEY])
    if integrated is None or not np.isfinite(integrated):
        raise RuntimeError(
            f"FFmpeg's ebur128 gave the loudness {integrated} for {len(samples)} samples at {sample_rate} Hz"
        )
    return integrated
