"""Data sets whose outcomes are written by a script: real files in the real layout under real fingerprints, with invented scores.

No detector runs. What a stage would have measured is chosen by the test, so that every number of a report is known beforehand.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import numpy as np

from cointeract_curation.core.config import Recipe
from cointeract_curation.core.dataset import Dataset
from cointeract_curation.core.fingerprint import AnyUnit, Lineage
from cointeract_curation.core.local_store import LocalStore
from cointeract_curation.core.outcome import (
    ArtifactFile,
    Attempt,
    AttemptState,
    FailureKind,
    Outcome,
)
from cointeract_curation.core.stage import Score
from cointeract_curation.core.store import FILE_RECORD, OUTCOME
from cointeract_curation.core.units import ClipUnit, FileUnit, SourceUnit, unit_to_json
from cointeract_curation.engine.base import build_stages
from cointeract_curation.ledger import SPLIT_RESULT, Ledger, LedgerReader
from cointeract_curation.media.timeline import SourceTimeline, Timing, save_timeline
from cointeract_curation.stages.split import Shot, SplitResult, Window
from cointeract_shards.constants import FPS, MOTION_FRAMES, TARGET_FRAMES

HOST = "workstation"
PROBE: dict[str, Score] = {
    "alpha": False,
    "audio_share": 1.0,
    "audio_streams": 1,
    "bit_depth": 8,
    "clock_jumps": 0,
    "codec": "h264",
    "constant_rate": True,
    "container": "mov,mp4,m4a,3gp,3g2,mj2",
    "duration_s": 240.0,
    "frames": 6000,
    "frames_25": 6000,
    "frames_promised": 6000,
    "frames_readable": 6000,
    "hdr": False,
    "height": 1280,
    "interlaced": False,
    "largest_gap_s": 0.04,
    "mirrored": False,
    "rate": 25.0,
    "readable_share": 1.0,
    "rotation": 0,
    "size_changes": 0,
    "timing": "packets",
    "undecodable_lead": 0,
    "width": 720,
}


class MadeUpDataset:
    """A data set at ``root`` for ``recipe``, filled by calls."""

    def __init__(self, root: Path, recipe: Recipe) -> None:
        self.recipe = recipe
        self.dataset = Dataset(str(root))
        self.store = LocalStore(root)
        self.stages = build_stages(recipe)
        self.lineage = Lineage(self.stages)

    def read(self) -> Ledger:
        """The ledger of everything that was written."""
        return LedgerReader(self.store, self.stages, self.recipe).read(list(self.store.registered()))

    def finish(
        self,
        stage: str,
        unit: AnyUnit,
        scores: Mapping[str, Score],
        artifacts: Mapping[str, bytes] | None = None,
        *,
        seconds: float = 1.0,
        attempt: int = 1,
    ) -> Path:
        """Write the outcome of ``stage`` for ``unit`` and return its folder. Without the flushes of a real commit."""
        key = self.lineage.key(stage, unit)
        folder = self.store.root / key.folder
        folder.mkdir(parents=True, exist_ok=True)
        described = {}
        for name, data in (artifacts or {}).items():
            (folder / name).write_bytes(data)
            described[name] = ArtifactFile(len(data), hashlib.sha256(data).hexdigest())
        plain = unit.model_dump(mode="json")
        outcome = Outcome(
            stage, key.unit_id, key.fingerprint, dict(scores), described, plain, attempt, HOST, 0.0, seconds
        )
        (folder / OUTCOME).write_bytes(outcome.to_bytes())
        return folder

    def fail(
        self,
        stage: str,
        unit: AnyUnit,
        message: str,
        *,
        error_type: str = "ValueError",
        attempts: int = 2,
        kind: FailureKind = FailureKind.ERROR,
        traceback: str = "",
    ) -> None:
        """Write failed attempts of ``stage`` on ``unit``."""
        key = self.lineage.key(stage, unit)
        for number in range(1, attempts + 1):
            attempt = Attempt(
                number,
                AttemptState.FAILED,
                "run",
                HOST,
                1,
                0.0,
                ended=1.0,
                kind=kind,
                error_type=error_type,
                message=message,
                traceback=traceback,
            )
            self.store.write_attempt(key, attempt)

    def file(self, path: str) -> FileUnit:
        """Register an input file without knowing its content."""
        unit = FileUnit(path=path, size=1000, mtime_ns=0)
        folder = self.store.root / unit.unit_id
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE_RECORD).write_bytes(unit_to_json(unit).encode())
        return unit

    def source(self, path: str, content: str | None = None) -> SourceUnit:
        """A file whose content is known; files with equal ``content`` are duplicates."""
        sha256 = hashlib.sha256((content or path).encode()).hexdigest()
        self.finish("identify", self.file(path), {"sha256": sha256, "bytes": 1000}, seconds=0.01)
        return SourceUnit(sha256=sha256, path=path)

    def probe(self, source: SourceUnit, **scores: Score) -> None:
        """A probed source: `PROBE` with some scores changed."""
        frames = 6000
        folder = self.finish("probe", source, {**PROBE, **scores}, seconds=2.0)
        pts = np.arange(frames, dtype=np.int64)
        timeline = SourceTimeline(
            pts,
            pts,
            pts % 250 == 0,
            np.full(frames, 100, dtype=np.int64),
            Fraction(1, FPS),
            frames,
            Fraction(FPS),
            Fraction(0),
            Timing.PACKETS,
        )
        save_timeline(timeline, folder / "timeline.npz")

    def split(self, source: SourceUnit, windows: int) -> list[ClipUnit]:
        """A source in one shot with ``windows`` windows, one after the other. The source has to be probed."""
        spans = LedgerReader(self.store, self.stages, self.recipe).spans(source)
        for span in spans:
            scores = {"frames_decoded": span.end - span.first, "frames_missing": 0, "size_changes": 0}
            self.finish("shots", span, scores, seconds=20.0 / len(spans))
        end = MOTION_FRAMES + windows * TARGET_FRAMES
        shot = Shot(index=0, source_first=0, source_end=end, first=0, end=end, windows=windows)
        cut = tuple(
            Window(
                first=MOTION_FRAMES + index * TARGET_FRAMES,
                frames=TARGET_FRAMES,
                motion_frames=MOTION_FRAMES,
                shot=0,
            )
            for index in range(windows)
        )
        result = SplitResult(shots=(shot,) if windows else (), windows=cut, scores={"windows": windows, "shots": 1})
        self.finish("split", source, result.scores, {SPLIT_RESULT: result.model_dump_json().encode()}, seconds=0.1)
        return [
            ClipUnit(
                source=source,
                first=window.first,
                frames=window.frames,
                motion_frames=window.motion_frames,
                shot=0,
                shot_first=0,
                shot_end=end,
            )
            for window in cut
        ]

    def accepted_source(self, path: str, windows: int) -> list[ClipUnit]:
        """A source with everything done, and its clips with nothing done."""
        source = self.source(path)
        self.probe(source)
        return self.split(source, windows)
