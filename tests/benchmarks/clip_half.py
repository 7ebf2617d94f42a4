"""The clip half alone (probe, split, cut, writing) beside the script that a user would write."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pyarrow.parquet as pq

from tests.benchmarks.measure import measure
from tests.benchmarks.sources import copies

SOURCES = 4
RECIPE = "name: clip-half\nshots: {backend: pyscenedetect}\nsplit: {short_window_frames: 0}\ncut: {}\n"


def run(folder: Path) -> list[str]:
    """Frames encoded a second and memory of both. Lines of the result."""
    sources = [str(path) for path in copies(folder / "sources", SOURCES)]
    peer_output, output, recipe = folder / "peer", folder / "clip-half", folder / "clip-half.yaml"
    recipe.write_text(RECIPE)
    for path in (peer_output, output):
        shutil.rmtree(path, ignore_errors=True)
    peer_output.mkdir()
    peer = measure([sys.executable, "-m", "tests.benchmarks.peer", str(peer_output), *sources], log=folder / "peer.log")
    peer_frames = int((folder / "peer.log").read_text().split()[-1])
    command = [sys.executable, "-m", "cointeract", "curate", *sources, "--output", str(output), "--recipe", str(recipe)]
    ours = measure([*command, "--engine", "inprocess", "--workers", "2"], log=folder / "clip-half.log")
    clips = pq.read_table(output / "clips.parquet").to_pylist()
    frames = sum(clip["frames"] + clip["motion_frames"] for clip in clips)
    peer_rate, rate = peer_frames / peer.seconds, frames / ours.seconds
    return [
        _line("PySceneDetect + one ffmpeg a shot", peer.seconds, peer_frames, peer_rate, peer.peak_mib),
        _line("clip half in process, two threads", ours.seconds, frames, rate, ours.peak_mib),
        f"ours / theirs                      {rate / peer_rate:6.2f}    (wanted: above 1, within 512 MiB)",
    ]


def _line(name: str, seconds: float, frames: int, rate: float, memory: float) -> str:
    return f"{name}  {seconds:6.1f} s  {frames:6d} frames encoded  {rate:6.1f} frames/s  {memory:5.0f} MiB"
