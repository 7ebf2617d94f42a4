"""What this machine can run, and what each backend lacks, with the command that would fetch it."""

from __future__ import annotations

import shutil
import sys
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil

from cointeract_curation.core.catalog import BACKENDS, Backend, BackendState
from cointeract_curation.engine.plan import machine

_BYTES_PER_GIB = 1024**3


@dataclass(frozen=True)
class BackendReport:
    """One backend: ``ready``, ``missing`` (with what to run) or ``planned`` (not part of this version)."""

    stage: str
    backend: str
    verdict: str
    licence: str
    detail: str


@dataclass(frozen=True)
class Diagnosis:
    """The machine and every backend that a recipe may name."""

    python: str
    cpus: float
    memory_gib: float
    free_disk_gib: float
    ffmpeg: str
    gpu: str
    backends: list[BackendReport]

    @property
    def healthy(self) -> bool:
        """Whether everything that the embedded recipe needs is there."""
        embedded = {(backend.stage, backend.name) for backend in BACKENDS if backend.state == BackendState.EMBEDDED}
        return bool(self.ffmpeg) and all(
            report.verdict == "ready" for report in self.backends if (report.stage, report.backend) in embedded
        )

    def to_mapping(self) -> dict[str, Any]:
        """Plain data for a script."""
        return asdict(self)


def diagnose() -> Diagnosis:
    """Look at this machine. Imports no heavy library."""
    return Diagnosis(
        python=sys.version.split()[0],
        cpus=machine()["cpus"],
        memory_gib=round(psutil.virtual_memory().total / _BYTES_PER_GIB, 1),
        free_disk_gib=round(shutil.disk_usage(Path.cwd()).free / _BYTES_PER_GIB, 1),
        ffmpeg=_ffmpeg(),
        gpu=_gpu(),
        backends=[_report(backend) for backend in BACKENDS],
    )


def _ffmpeg() -> str:
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_version())
    except (ImportError, RuntimeError, OSError):
        return ""


def _gpu() -> str:
    import subprocess

    program = shutil.which("nvidia-smi")
    if program is None:
        return "none"
    found = subprocess.run(
        [program, "--query-gpu=name,memory.total", "--format=csv,noheader"], capture_output=True, text=True, check=False
    )
    return found.stdout.strip().replace("\n", "; ") or "none"


def _report(backend: Backend) -> BackendReport:
    if backend.state == BackendState.PLANNED:
        fetch = f"; its weights will come with `{backend.fetch}`" if backend.fetch else ""
        return BackendReport(
            backend.stage, backend.name, "planned", backend.licence, f"not part of this version yet{fetch}"
        )
    missing = [name for name in backend.distributions if not _installed(name)]
    if missing:
        command = backend.fetch or f"pip install {' '.join(missing)}"
        return BackendReport(
            backend.stage, backend.name, "missing", backend.licence, f"needs {', '.join(missing)}: {command}"
        )
    if backend.needs:
        return BackendReport(backend.stage, backend.name, "missing", backend.licence, f"needs {backend.needs}")
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in backend.distributions)
    return BackendReport(backend.stage, backend.name, "ready", backend.licence, versions)


def _installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True
