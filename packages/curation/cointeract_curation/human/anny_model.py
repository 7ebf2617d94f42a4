"""The Anny body model, built from the files of its own package and kept in a cache that is whole or not there.

Anny reads about 1,100 text files when it is first built, number by number, which takes more than a minute, and caches
intermediate results of 0.8 GB with plain writes, which a second process can read half-written. Here files are read at once, one
process builds in a private directory, keeps only the finished model (0.1 GB) and renames the directory into place. Nothing
is downloaded.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

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


def _construct(cache: Path) -> Any:
    import anny
    from anny.models import full_model
    from anny.paths import get_anny_cache_path, set_anny_cache_path

    from cointeract_curation.human.blend_shapes import read_blend_shape

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
