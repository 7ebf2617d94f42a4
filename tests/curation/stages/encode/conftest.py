from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cointeract_curation.core.stage import Scores
from cointeract_curation.core.units import ClipUnit
from cointeract_curation.stages.encode import EncodeConfig, encode_stage
from cointeract_shards.encoded import AudioFeatures, TextRows, VideoLatents
from tests.curation.local_workspace import LocalStore
from tests.curation.stages.encode.numbered_clip import SCORES, clip, write_artifacts

STAGES = ("cut", "quality", "structure", "pose", "references", "caption")


@dataclass
class Encoded:
    """A clip's artifacts, and what the stage made of them."""

    store: LocalStore
    unit: ClipUnit
    scores: Scores
    latents: VideoLatents
    text: TextRows
    audio: AudioFeatures

    def artifact(self, stage: str, name: str) -> Path:
        return self.store.artifact(self.unit, stage, name)


Encode = Callable[..., Encoded]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> LocalStore:
    """Artifacts of a clip with motion and of one without."""
    store = LocalStore(tmp_path_factory.mktemp("clips"))
    for unit in (clip(), clip(0, motion=False)):
        for stage in STAGES:
            write_artifacts(store.artifact(unit, stage, ""), stage, unit)
            store.results[(unit.unit_id, stage)] = SCORES.get(stage, {})
    return store


@pytest.fixture
def encode(store: LocalStore) -> Encode:
    """Run the stage on a clip; settings differ from the smallest in what is given."""

    def run(unit: ClipUnit | None = None, **settings: Any) -> Encoded:
        unit = unit or clip()
        stage = encode_stage(EncodeConfig(**{"buckets": ("64x112",), "dtype": "float32", **settings}))
        stage.setup()
        scores = store.run(stage, unit)
        stage.close()
        read = [
            store.artifact(unit, "encode", f"{kind}.safetensors").read_bytes() for kind in ("latents", "text", "audio")
        ]
        return Encoded(
            store,
            unit,
            scores,
            VideoLatents.from_bytes(read[0], where="latents"),
            TextRows.from_bytes(read[1], where="text"),
            AudioFeatures.from_bytes(read[2], where="audio"),
        )

    return run
