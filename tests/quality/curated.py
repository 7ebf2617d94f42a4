"""Curated clips to measure: footage through every stage of a recipe, whatever its policy would have said."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cointeract import recipes
from cointeract_curation.core.fingerprint import ArtifactKey
from cointeract_curation.core.open_store import open_store
from cointeract_curation.core.policy import Policy
from cointeract_curation.core.recipe_file import load_recipe
from cointeract_curation.core.stage import Scores
from cointeract_curation.core.standing import Standing
from cointeract_curation.core.store import ArtifactStore
from cointeract_curation.core.units import ClipUnit
from cointeract_curation.curate import curate
from cointeract_curation.inputs import find_files
from cointeract_curation.progress import LogProgress

SETTINGS_OF_RUN = ("split.short_window_frames=0", "engine.kind=inprocess", "engine.workers=1")
"""Whole windows only, and one worker, so that a stage's seconds are those of one core."""


@dataclass(frozen=True)
class CuratedClip:
    """A clip with the artifacts and scores of every stage that it came through."""

    unit: ClipUnit
    standing: Standing
    store: ArtifactStore

    @property
    def first(self) -> int:
        """Its first frame on the source's timeline."""
        return self.unit.first

    @property
    def frames(self) -> int:
        """T."""
        return self.unit.frames

    def scores(self, stage: str) -> Scores:
        """What a stage measured; empty where it didn't get there."""
        outcome = self.standing.outcomes.get(stage)
        return {} if outcome is None else outcome.scores

    def seconds(self, stage: str) -> float:
        """Wall seconds that a stage took."""
        return self.standing.outcomes[stage].seconds

    def artifact(self, stage: str, name: str) -> Path | None:
        """The local file of an artifact, None where the stage didn't make it."""
        outcome = self.standing.outcomes.get(stage)
        if outcome is None or name not in outcome.artifacts:
            return None
        return self.store.artifact(ArtifactKey(self.unit.unit_id, stage, outcome.fingerprint), name)

    def need(self, stage: str, name: str) -> Path:
        """The local file of an artifact.

        Raises:
            FileNotFoundError: the stage didn't make it.
        """
        path = self.artifact(stage, name)
        if path is None:
            raise FileNotFoundError(f"clip {self.unit.unit_id} has no {stage}/{name}")
        return path


def curate_everything(videos: Sequence[Path], folder: Path, recipe: str = "embedded") -> list[CuratedClip]:
    """Every whole window of ``videos`` through all stages of a recipe, one after the other in this process.

    Nothing is turned down, so that a clip which a rule would have spared the later stages is measured there as well. What an
    earlier run left in ``folder`` is used again where code and settings are the same.

    Raises:
        RuntimeError: a stage failed on a clip; the message names the clip and ends with the error.
    """
    loaded = load_recipe(recipes.locate(recipe), SETTINGS_OF_RUN, recipes.FOLDER)
    everything = dataclasses.replace(loaded, policy=Policy({}))
    result = curate(find_files([str(video) for video in videos]), str(folder), everything, LogProgress(), reconfigure=True)
    store = open_store(str(folder))
    failed = [clip for clip in result.ledger.clips if clip.failure is not None]
    if failed:
        raise RuntimeError("; ".join(f"{clip.unit.unit_id} at {clip.stage}: {clip.reason}" for clip in failed))
    clips = [
        CuratedClip(clip.unit, clip, store) for clip in result.ledger.clips if isinstance(clip.unit, ClipUnit)
    ]
    return sorted(clips, key=lambda clip: (clip.unit.source.path, clip.first))
