"""From shots to training windows."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from cointeract_curation.media.timeline import SourceTimeline
from cointeract_curation.stages.shots.signal import SpanSignal
from cointeract_curation.stages.split.boundaries import find_boundaries, join_signals
from cointeract_curation.stages.split.config import SplitConfig
from cointeract_curation.stages.split.result import Shot, SplitResult, Window


def split_windows(config: SplitConfig, timeline: SourceTimeline, signals: Sequence[SpanSignal]) -> SplitResult:
    """Shots and windows of a source, from the signals of its spans in any order.

    A window lies inside one shot with its motion frames and keeps the margin from each cut. A shot too short for one gives a short
    window, which no training sample can be made of: it is there to be measured. A source without a window is no error.
    Scores: ``shots``, ``shots_too_short`` (those without a whole window), ``windows`` and ``short_windows``, ``frames_in_windows``
    (target frames of whole windows, each counted once), ``frames_missing``, ``gaps``, ``size_changes``.

    Raises:
        ValueError: the signals don't cover the source exactly once.
    """
    signal = join_signals(signals, timeline.count)
    gaps = timeline.gaps(Fraction(config.max_gap_s).limit_denominator(1000))
    after_gap = set(gaps.tolist())
    shots: list[Shot] = []
    windows: list[Window] = []
    for index, (source_first, source_end) in enumerate(find_boundaries(config, signal, gaps).shots()):
        first = timeline.first_output(source_first)
        end = timeline.first_output(source_end) if source_end not in after_gap else timeline.natural_end(source_end - 1)
        usable_first = first + (config.margin_frames if source_first > 0 else 0)
        usable_end = end - (config.margin_frames if source_end < timeline.count else 0)
        whole = [
            Window(first=start, frames=config.target_frames, motion_frames=motion, shot=index)
            for start, motion in _starts(config, usable_first, usable_end)
        ]
        shots.append(
            Shot(
                index=index, source_first=source_first, source_end=source_end, first=first, end=end, windows=len(whole)
            )
        )
        windows += whole or _short(config, usable_first, usable_end, index)
    return SplitResult(
        shots=tuple(shots),
        windows=tuple(windows),
        scores={
            "shots": len(shots),
            "shots_too_short": sum(shot.windows == 0 for shot in shots),
            "windows": sum(shot.windows for shot in shots),
            "short_windows": sum(window.frames < config.target_frames for window in windows),
            "frames_in_windows": _covered([window for window in windows if window.frames == config.target_frames]),
            "frames_missing": int(signal.missing.sum()),
            "gaps": len(gaps),
            "size_changes": int(signal.resized.sum()),
        },
    )


def _short(config: SplitConfig, first: int, end: int, shot: int) -> list[Window]:
    """The one window of a shot without room for a whole one, or none."""
    if not config.short_window_frames <= end - first < config.target_frames or config.short_window_frames == 0:
        return []
    return [Window(first=first, frames=end - first, motion_frames=0, shot=shot)]


def _starts(config: SplitConfig, first: int, end: int) -> list[tuple[int, int]]:
    """First frame and motion frames of each window in the usable frames ``first .. end - 1``."""
    starts = []
    earliest = first + config.motion_frames  # where the whole motion context fits before it
    position, motion = (first, 0) if config.first_window_without_motion else (earliest, config.motion_frames)
    while position + config.target_frames <= end:
        starts.append((position, motion))
        position, motion = max(position + config.stride_frames, earliest), config.motion_frames
    return starts


def _covered(windows: Sequence[Window]) -> int:
    """Frames that at least one target holds. Windows come in the order of their first frames."""
    total, reached = 0, 0
    for window in windows:
        end = window.first + window.frames
        total += max(0, end - max(window.first, reached))
        reached = max(reached, end)
    return total
