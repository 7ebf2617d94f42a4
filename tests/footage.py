"""Footage for tests: a short livestream that the project renders, made once and kept under `build/`."""

from __future__ import annotations

import hashlib
from pathlib import Path

from filelock import FileLock

ROOT = Path(__file__).parents[1]
REAL_FOOTAGE = ROOT.parent / "shared" / "footage"


def rendered_livestream(seed: int = 0) -> Path:
    """A short livestream; its truth lies beside it. Rendered again whenever the code that renders it changes."""
    # Rendering needs torch and Warp; tests that use no footage don't.
    from cointeract_curation import synth
    from cointeract_curation.synth import SynthConfig, render_livestream

    code = hashlib.sha256()
    for path in sorted(Path(synth.__file__).parent.glob("*.py")):
        code.update(path.read_bytes())
    folder = ROOT / "build" / "test-footage" / f"tiny-{seed}-{code.hexdigest()[:12]}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Tests run in several processes; one of them renders, the others wait for it.
    with FileLock(f"{folder}.lock"):
        videos = sorted(folder.glob("*.mp4"))
        return videos[0] if videos else render_livestream(SynthConfig.tiny(seed=seed), folder).video
