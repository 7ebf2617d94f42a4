"""The pipeline beside its own backends: what do the store, the records and Ray cost?"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tests.benchmarks.measure import Measured, measure
from tests.benchmarks.sources import copies, video_seconds

SOURCES = 2
CORES = 2


def run(folder: Path) -> list[str]:
    """Time bare backends (one process a core) and the pipeline on Ray, on the same sources. Lines of the result."""
    sources = copies(folder / "sources", SOURCES)
    seconds = sum(video_seconds(path) for path in sources)
    shares = [[str(path) for path in sources[core::CORES]] for core in range(CORES)]
    bare = measure(
        *([sys.executable, "-m", "tests.benchmarks.bare", *share] for share in shares), log=folder / "bare.log"
    )
    output = folder / "overhead-dataset"
    shutil.rmtree(output, ignore_errors=True)
    command = [
        sys.executable,
        "-m",
        "cointeract",
        "curate",
        *map(str, sources),
        "--output",
        str(output),
        "--workers",
        str(CORES),
    ]
    pipeline = measure(command, log=folder / "pipeline.log")
    again = measure(command, log=folder / "again.log")
    return [
        f"footage                        {seconds:8.1f} s of video in {SOURCES} sources, {CORES} cores",
        f"bare backends                  {_line(bare, seconds)}",
        f"pipeline on Ray                {_line(pipeline, seconds)}",
        f"bare / pipeline                {bare.seconds / pipeline.seconds:8.2f}    (1: no overhead; wanted: 0.85 or more)",
        f"the same again, all finished   {again.seconds:8.1f} s",
    ]


def _line(measured: Measured, seconds: float) -> str:
    return f"{measured.seconds:8.1f} s  {seconds / measured.seconds:5.2f} s of video a second  {measured.peak_mib:6.0f} MiB"
