"""The stages this project has, by name, without importing what they need to run."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import cast

from cointeract_curation.core.fingerprint import AnyStage
from cointeract_curation.core.stage import StageConfig


@dataclass(frozen=True)
class StageEntry:
    """Where a stage and its configuration are defined, as ``module:name``."""

    stage: str
    config: str

    def config_class(self) -> type[StageConfig]:
        """The configuration class; light to import. A stage with several backends has one model for all of them."""
        return cast("type[StageConfig]", _load(self.config))

    def build(self, config: StageConfig) -> AnyStage:
        """The stage, configured but not set up."""
        return cast(AnyStage, _load(self.stage)(config))  # type: ignore[operator]


def _load(path: str) -> object:
    module, name = path.split(":")
    return getattr(importlib.import_module(module), name)


_STAGES = "cointeract_curation.stages"

# In the order they run, cheap to expensive.
STAGES: dict[str, StageEntry] = {
    "identify": StageEntry(f"{_STAGES}.identify:IdentifyStage", f"{_STAGES}.identify:IdentifyConfig"),
    "probe": StageEntry(f"{_STAGES}.probe:ProbeStage", f"{_STAGES}.probe:ProbeConfig"),
    "shots": StageEntry(f"{_STAGES}.shots:ShotsStage", f"{_STAGES}.shots:ShotsConfig"),
    "split": StageEntry(f"{_STAGES}.split:SplitStage", f"{_STAGES}.split:SplitConfig"),
    "cut": StageEntry(f"{_STAGES}.cut:CutStage", f"{_STAGES}.cut:CutConfig"),
    "quality": StageEntry(f"{_STAGES}.quality:QualityStage", f"{_STAGES}.quality:QualityConfig"),
    "people": StageEntry(f"{_STAGES}.people:PeopleStage", f"{_STAGES}.people:PeopleConfig"),
    "body": StageEntry(f"{_STAGES}.body:BodyStage", f"{_STAGES}.body:BodyConfig"),
    "object": StageEntry(f"{_STAGES}.object:ObjectStage", f"{_STAGES}.object:ObjectConfig"),
    "structure": StageEntry(f"{_STAGES}.structure:StructureStage", f"{_STAGES}.structure:StructureConfig"),
    "pose": StageEntry(f"{_STAGES}.pose:PoseStage", f"{_STAGES}.pose:PoseConfig"),
    "references": StageEntry(f"{_STAGES}.references:ReferencesStage", f"{_STAGES}.references:ReferencesConfig"),
    "validate": StageEntry(f"{_STAGES}.validate:ValidateStage", f"{_STAGES}.validate:ValidateConfig"),
    "caption": StageEntry(f"{_STAGES}.caption:CaptionStage", f"{_STAGES}.caption:CaptionConfig"),
    "encode": StageEntry(f"{_STAGES}.encode:encode_stage", f"{_STAGES}.encode:EncodeConfig"),
}
