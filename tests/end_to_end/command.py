"""Running the command as a user does, in a process of its own."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

# The clip half at its quickest settings: what these tests are about is the engine, not what stages find.
QUICK = [
    "--recipe",
    "clips",
    "--set",
    "shots.backend=pyscenedetect",
    "--set",
    "people.stride=8",
    "--set",
    "quality.overlay.samples=2",
]


def start(*arguments: str | Path, **environment: str) -> subprocess.Popen[str]:
    """Start the command in a process group of its own, so that a test can kill all of it."""
    return subprocess.Popen(
        [sys.executable, "-m", "cointeract", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, **environment},
        # A shell that started the tests in the background has SIGINT ignored, and children would inherit that.
        preexec_fn=_heed_interrupts,  # noqa: PLW1509 - tests start commands from their only thread
    )


def _heed_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def run(*arguments: str | Path, expect: int = 0) -> str:
    """Run the command to its end; its standard output. Fails with its standard error if it ends in another way than expected."""
    process = start(*arguments)
    output, errors = process.communicate(timeout=280)
    assert process.returncode == expect, f"exit code {process.returncode}\n{output}\n{errors}"
    return output if expect == 0 else errors + output


def run_json(*arguments: str | Path) -> Any:
    """Run the command with `--json` and parse what it says."""
    return json.loads(run(*arguments, "--json"))


def curate(inputs: list[Path], output: Path, *arguments: str, engine: str = "inprocess") -> Any:
    """Curate quickly; what the run reports."""
    return run_json("curate", *inputs, "--output", output, "--engine", engine, *QUICK, *arguments)


def results(dataset: Path) -> dict[str, str]:
    """SHA-256 of the manifest, the tables of clips and every shard: what must be equal however a run went."""
    files = [dataset / "manifest.parquet", dataset / "clips.parquet", *sorted((dataset / "shards").rglob("hoi-*"))]
    return {str(path.relative_to(dataset)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
