"""The workspace of a stage, over the artifact store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cointeract_curation.core.fingerprint import AnyUnit, ArtifactKey, Lineage
from cointeract_curation.core.units import FileUnit, SourceUnit, source_of

if TYPE_CHECKING:
    from cointeract_curation.core.stage import Scores
    from cointeract_curation.core.store import ArtifactStore
    from cointeract_curation.media.frames import Frames


@dataclass
class FrameCache:
    """Decoded videos of the clip at hand, so that fused stages decode it once. Emptied when the worker moves on."""

    _videos: dict[ArtifactKey, dict[str, Frames]] = field(default_factory=dict)

    def get(self, key: ArtifactKey, name: str, path: Path) -> Frames:
        """The frames of the artifact ``name`` of ``key``, which lies at ``path``."""
        from cointeract_curation.media.frames import DecodedVideo

        videos = self._videos.setdefault(key, {})
        if name not in videos:
            videos[name] = DecodedVideo(path)
        return videos[name]

    def clear(self) -> None:
        """Let go of all frames."""
        self._videos.clear()


@dataclass(frozen=True)
class StoreWorkspace:
    """What one stage sees while it works on one unit. Reads only what the stage declared that it requires."""

    stage: str
    unit: AnyUnit
    folder: Path
    store: ArtifactStore
    lineage: Lineage
    upstream: Mapping[str, Scores]
    cache: FrameCache

    def source(self) -> str:
        """Local path or fsspec URL of the source's bytes."""
        return self.unit.path if isinstance(self.unit, FileUnit) else source_of(self.unit).path

    def _key(self, stage: str) -> ArtifactKey:
        if stage not in self.lineage.stages[self.stage].requires:
            raise KeyError(f"stage {self.stage} reads {stage} without declaring it in `requires`")
        return self.lineage.key(stage, self.unit)

    def input(self, stage: str, name: str) -> Path:
        """A finished artifact of a required stage."""
        return self.store.artifact(self._key(stage), name)

    def span_inputs(self, stage: str, name: str) -> list[Path]:
        """An artifact of each of the source's spans."""
        from cointeract_curation.media.spans import spans_of

        self._key(stage)
        if not isinstance(self.unit, SourceUnit):
            raise TypeError(f"only a source has spans, {self.unit.unit_id} is a {self.unit.kind}")
        spans = spans_of(self.unit, self.input("probe", "timeline.npz"), self.lineage.stages[stage].span_frames)
        return [self.store.artifact(self.lineage.key(stage, span), name) for span in spans]

    def scores(self, stage: str) -> Scores:
        """The scores of a required stage."""
        self._key(stage)
        return self.upstream[stage]

    def output(self, name: str) -> Path:
        """Where to write the artifact ``name``. Raises `KeyError` for one that the stage didn't declare."""
        declared = self.lineage.stages[self.stage]
        if name not in (*declared.outputs, *declared.optional_outputs):
            raise KeyError(f"stage {self.stage} writes {name} without declaring it in `outputs`")
        return self.folder / name

    def frames(self, stage: str, name: str) -> Frames:
        """The decoded frames of a video artifact."""
        return self.cache.get(self._key(stage), name, self.input(stage, name))
