"""Footage for tests: a short livestream that the project renders, made once and kept under `build/`."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cointeract_curation import synth
from cointeract_curation.synth import preset_config, render_livestream

ROOT = Path(__file__).parents[1]
REAL_FOOTAGE = ROOT.parent / "shared" / "footage"


def rendered_livestream(preset: str = "tiny", seed: int = 0) -> Path:
    """The video of a preset; its truth lies beside it. Rendered again whenever the code that renders it changes."""
    code = hashlib.sha256()
    for path in sorted(Path(synth.__file__).parent.glob("*.py")):
        code.update(path.read_bytes())
    folder = ROOT / "build" / "test-footage" / f"{preset}-{seed}-{code.hexdigest()[:12]}"
    videos = sorted(folder.glob("*.mp4"))
    if videos:
        return videos[0]
    return render_livestream(preset_config(preset, seed=seed), folder).video
