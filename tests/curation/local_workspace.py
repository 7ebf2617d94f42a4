"""A workspace that is a folder: runs stages without the engine and the store."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cointeract_curation.core.stage import Scores, Stage
from cointeract_curation.core.units import ClipUnit, FileUnit, SourceUnit, SpanUnit, source_of
from cointeract_curation.media.frames import DecodedVideo, Frames

AnyUnit = FileUnit | SourceUnit | SpanUnit | ClipUnit


@dataclass
class LocalWorkspace:
    """One unit's view of a folder: artifacts of stage ``s`` for unit ``u`` lie under ``folder/u/s/``.

    Required stages on whole sources are looked up under the source's id, as the store does.
    """

    folder: Path
    unit: AnyUnit
    stage: str
    results: dict[tuple[str, str], Scores] = field(default_factory=dict)

    def source(self) -> str:
        return self.unit.path if isinstance(self.unit, FileUnit) else source_of(self.unit).path

    def _holder(self, stage: str) -> str:
        if (self.unit.unit_id, stage) in self.results:
            return self.unit.unit_id
        return source_of(self.unit).unit_id

    def input(self, stage: str, name: str) -> Path:
        path = self.folder / self._holder(stage) / stage / name
        if not path.is_file():
            raise FileNotFoundError(path)
        return path

    def span_inputs(self, stage: str, name: str) -> list[Path]:
        return sorted(self.folder.glob(f"{self.unit.unit_id}-span*/{stage}/{name}"))

    def scores(self, stage: str) -> Scores:
        return self.results[(self._holder(stage), stage)]

    def output(self, name: str) -> Path:
        path = self.folder / self.unit.unit_id / self.stage / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def frames(self, stage: str, name: str) -> Frames:
        return DecodedVideo(self.input(stage, name))


@dataclass
class LocalStore:
    """A folder of artifacts, and the scores of what has run in it."""

    folder: Path
    results: dict[tuple[str, str], Scores] = field(default_factory=dict)

    def workspace(self, unit: AnyUnit, stage: str) -> LocalWorkspace:
        return LocalWorkspace(self.folder, unit, stage, self.results)

    def run(self, stage: Stage[Any], unit: AnyUnit) -> Scores:
        """Set up nothing, run ``stage`` on ``unit``, check that it wrote what it declares, keep its scores."""
        workspace = self.workspace(unit, stage.name)
        scores = stage.run(workspace)
        for name in stage.outputs:
            assert workspace.output(name).is_file(), f"{stage.name} did not write {name}"
        self.results[(unit.unit_id, stage.name)] = scores
        return scores

    def artifact(self, unit: AnyUnit, stage: str, name: str) -> Path:
        return self.folder / unit.unit_id / stage / name


def source_unit(path: Path | str) -> SourceUnit:
    """The source unit of a local file, with its true hash."""
    return SourceUnit(sha256=hashlib.sha256(Path(path).read_bytes()).hexdigest(), path=str(path))
