"""The Anny body model, built from the files of its own package and kept in a cache that is whole or not there.

Anny reads about 1,100 text files when it is first built, number by number, which takes more than a minute, and caches
intermediate results of 0.8 GB with plain writes, which a second process can read half-written. Here files are read at once, one
process builds in a private directory, keeps only the finished model (0.1 GB) and renames the directory into place. Nothing
is downloaded.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import importlib.metadata
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

FACIAL_ACTIONS = (
    "browInnerUp",
    "browOuterUpLeft",
    "browOuterUpRight",
    "eyeBlinkLeft",
    "eyeBlinkRight",
    "jawOpen",
    "mouthFunnel",
    "mouthSmileLeft",
    "mouthSmileRight",
    "mouthStretchLeft",
    "mouthStretchRight",
)
PHENOTYPES = (
    "gender",
    "age",
    "muscle",
    "weight",
    "height",
    "proportions",
    "cupsize",
    "firmness",
    "african",
    "asian",
    "caucasian",
)
FINISHED_MODEL = "build_compact_model_data_*.safetensors"


def cache_directory() -> Path:
    """Where the built model is kept: `$XDG_CACHE_HOME/cointeract`, by default below `~/.cache`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cointeract"


def read_blend_shape(filename: str, vertices_count: int, world_transformation: Any, dtype: torch.dtype) -> Any:
    """Anny's `load_blend_shape`, to the bit, in a fifth of its time.

    Args:
        filename: of a gzipped file with a vertex's number and its offset in decimetres on each line.
        vertices_count: of the mesh.
        world_transformation: Anny's, applied to the offsets.
        dtype: of the result.

    Raises:
        ValueError: the file has other lines.
    """
    with gzip.open(filename, "rt") as archive:
        values = np.array(archive.read().split(), dtype=np.float64)
    if values.size % 4:
        raise ValueError(f"{filename} of the package anny has {values.size} numbers, not four for each vertex")
    rows = torch.from_numpy(values.reshape(-1, 4))
    offsets = torch.zeros((vertices_count, 3), dtype=dtype)
    offsets[rows[:, 0].long()] = rows[:, 1:].to(dtype)
    return world_transformation.apply(offsets)


def _construct(cache: Path) -> Any:
    import anny
    from anny.models import full_model
    from anny.paths import get_anny_cache_path, set_anny_cache_path

    before, slow = get_anny_cache_path(), full_model.load_blend_shape
    set_anny_cache_path(cache)
    full_model.load_blend_shape = read_blend_shape
    try:
        return anny.Anny(facial_actions=list(FACIAL_ACTIONS), phenotypes="all", skinning_method="lbs")
    finally:
        full_model.load_blend_shape = slow
        set_anny_cache_path(before)


def _keep_finished(build: Path, cache: Path) -> None:
    for path in build.rglob("*.safetensors"):
        if not path.match(FINISHED_MODEL):
            path.unlink()
    try:
        build.rename(cache)
    except OSError:
        if not cache.is_dir():
            raise
        # another process finished first: its model is the same


@functools.lru_cache(maxsize=1)
def load_anny() -> Any:
    """The full-body `anny.Anny` in float64 with the phenotypes and facial actions named above; built once, then cached.

    13,718 vertices in metres, z up, the person faces -y and has the left hand at +x.
    """
    version = importlib.metadata.version("anny")
    choice = hashlib.sha256("\n".join(FACIAL_ACTIONS).encode()).hexdigest()[:8]
    cache = cache_directory() / f"anny-{version}-{choice}"
    if cache.is_dir():
        return _construct(cache)
    cache.parent.mkdir(parents=True, exist_ok=True)
    build = Path(tempfile.mkdtemp(prefix=".anny-", dir=cache.parent))
    try:
        model = _construct(build)
        _keep_finished(build, cache)
    finally:
        shutil.rmtree(build, ignore_errors=True)
    return model
