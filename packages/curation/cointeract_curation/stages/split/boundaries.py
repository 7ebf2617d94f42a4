"""From a detector's signal to shots on the source's own timeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.shots.signal import SpanSignal
from cointeract_curation.stages.split.config import SplitConfig

RATIO_MAX = 255.0
NO_CHANGE = 1e-5
"""Mean content value below which the neighbours count as still (PySceneDetect's own constant)."""

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Boundaries:
    """``cuts`` (N,): a new shot begins at this source frame. ``outside`` (N,): the frame belongs to no shot, being part of a gradual
    transition or damaged."""

    cuts: Bools
    outside: Bools

    def shots(self) -> list[tuple[int, int]]:
        """Runs ``(first, end)`` of source frames without a boundary inside."""
        edges = np.flatnonzero(self.cuts[1:] | (self.outside[1:] != self.outside[:-1])) + 1
        limits = [0, *edges.tolist(), len(self.cuts)]
        return [(first, end) for first, end in pairwise(limits) if not self.outside[first]]


def join_signals(signals: Sequence[SpanSignal], count: int) -> SpanSignal:
    """One signal over the whole source, from those of its spans in any order.

    Raises:
        ValueError: the spans don't cover the ``count`` source frames exactly once, or come from different detectors.
    """
    ordered = sorted(signals, key=lambda signal: signal.first)
    limits = [0, *(signal.end for signal in ordered)]
    if (
        not ordered
        or limits[-1] != count
        or any(signal.first != end for signal, end in zip(ordered, limits, strict=False))
    ):
        spans = [(signal.first, signal.end) for signal in ordered]
        raise ValueError(f"the spans {spans} don't cover the source's {count} frames exactly once")
    backends = {signal.backend for signal in ordered}
    if len(backends) != 1:
        raise ValueError(f"the spans come from different detectors: {sorted(backends)}")
    return SpanSignal(
        ordered[0].backend,
        0,
        count,
        np.concatenate([signal.values for signal in ordered]),
        np.concatenate([signal.missing for signal in ordered]),
        np.concatenate([signal.resized for signal in ordered]),
    )


def find_boundaries(config: SplitConfig, signal: SpanSignal, gaps: NDArray[np.int64]) -> Boundaries:
    """Boundaries of a whole source: the detector's, plus changes of picture size, gaps in time and damaged frames."""
    if signal.backend == "transnetv2":
        found = _transitions(config, signal.values)
    elif signal.backend == "pyscenedetect":
        found = Boundaries(_adaptive_cuts(config, signal.values), np.zeros(len(signal.values), dtype=np.bool_))
    else:
        raise ValueError(f"no rule for the signal of {signal.backend!r}")
    cuts = found.cuts | signal.resized
    cuts[gaps] = True
    return Boundaries(cuts, found.outside | signal.missing)


def _transitions(config: SplitConfig, probabilities: NDArray[np.float32]) -> Boundaries:
    """Runs above the threshold, as the authors read them: the first frame of a run ends its shot, the next one begins after the run.

    The run of a hard cut is one frame; where its neighbours pass the threshold too, the most probable one counts, so that no frame
    is lost. Frames within a longer, gradual transition belong to neither shot.
    """
    above = np.concatenate(([False], probabilities > config.transnetv2_threshold, [False]))
    starts, ends = np.flatnonzero(above[1:] & ~above[:-1]), np.flatnonzero(~above[1:] & above[:-1])
    cuts = np.zeros(len(probabilities), dtype=np.bool_)
    outside = np.zeros(len(probabilities), dtype=np.bool_)
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        if end - start <= config.hard_cut_frames:
            cut = start + int(np.argmax(probabilities[start:end])) + 1
            if cut < len(cuts):
                cuts[cut] = True
        else:
            outside[start + 1 : end] = True
    return Boundaries(cuts, outside)


def _adaptive_cuts(config: SplitConfig, content: NDArray[np.float32]) -> Bools:
    """PySceneDetect's adaptive rule: a content value that stands out from the mean of its neighbours.

    At the source's ends, where the library doesn't judge, the neighbours that exist are used: the first and last frames carry no
    margin against an unseen cut. The first frame has no value.
    """
    count, reach = len(content), config.adaptive_window
    values = content.astype(np.float64)
    padded = np.pad(values, reach)
    known = np.pad(np.arange(count) > 0, reach).astype(np.float64)
    offsets = [offset for offset in range(2 * reach + 1) if offset != reach]
    total = sum(
        (padded[offset : offset + count] * known[offset : offset + count] for offset in offsets), np.zeros(count)
    )
    number = sum((known[offset : offset + count] for offset in offsets), np.zeros(count))
    mean = total / np.maximum(number, 1)
    still = mean < NO_CHANGE
    ratio = np.where(still, RATIO_MAX, np.minimum(values / np.where(still, 1.0, mean), RATIO_MAX))
    cuts = (ratio >= config.adaptive_threshold) & (values >= config.min_content)
    cuts[0] = False
    return cuts
