"""Memory is bounded by the window, not by the video: a one-hour source beside a one-minute one."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tests.benchmarks.measure import measure
from tests.benchmarks.sources import looped

MINUTE, HOUR = 60, 3600
# Windows far apart: every stage sees the whole hour, and the hour's clips don't take an hour to measure.
STRIDE_FRAMES = 240
RECIPE = "name: memory\nshots: {{backend: pyscenedetect}}\nsplit: {{stride_frames: {stride}, short_window_frames: 0}}\ncut: {{}}\n"


def run(folder: Path) -> list[str]:
    """Peak memory for both lengths. Lines of the result."""
    recipe = folder / "memory.yaml"
    recipe.write_text(RECIPE.format(stride=STRIDE_FRAMES))
    lines, peaks = [], []
    for name, length in (("one minute", MINUTE), ("one hour", HOUR)):
        source = looped(folder / f"{length}.mp4", length)
        output = folder / f"memory-{length}"
        shutil.rmtree(output, ignore_errors=True)
        command = [
            sys.executable,
            "-m",
            "cointeract",
            "curate",
            str(source),
            "--output",
            str(output),
            "--recipe",
            str(recipe),
        ]
        measured = measure([*command, "--engine", "inprocess"], log=folder / f"memory-{length}.log")
        peaks.append(measured.peak_mib)
        lines.append(f"{name:<11} {measured.seconds:7.1f} s  {measured.peak_mib:6.0f} MiB at most")
    return [*lines, f"hour / minute {peaks[1] / peaks[0]:6.2f}    (1: the length doesn't matter)"]
