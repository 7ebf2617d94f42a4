"""Caches are the same bytes, whoever encodes them: one thread of this process, or two workers of a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest

from cointeract_curation.core.fingerprint import AnyStage, Lineage
from cointeract_curation.core.open_store import open_store
from cointeract_curation.core.outcome import AttemptLimits
from cointeract_curation.core.policy import Policy
from cointeract_curation.core.stage import Resources, Scores, Stage, StageConfig, Workspace
from cointeract_curation.core.units import ClipUnit, UnitKind
from cointeract_curation.engine.base import Engine, Pool
from cointeract_curation.engine.guard import Guard
from cointeract_curation.engine.inprocess import InProcessEngine
from cointeract_curation.engine.ray_data import RayEngine
from cointeract_curation.engine.worker import ChainWorker
from cointeract_curation.stages.encode import EncodeConfig, EncodeStage
from tests.curation.stages.encode import numbered_clip
from tests.curation.stages.encode.numbered_clip import SCORES, clip, write_artifacts

UNITS = [clip(first, motion=first > 73) for first in (0, 100, 200)]
CHAIN = (*EncodeStage.requires, "encode")


class Given(Stage[StageConfig]):
    """Stands for an earlier stage: writes what it would have made."""

    version = 1
    unit = UnitKind.CLIP
    optional_outputs: ClassVar[tuple[str, ...]] = (
        "rgb.mp4", "motion.mp4", "audio.wav", "hoi.mp4", "person.png", "product.png", "caption.json",
    )  # fmt: skip

    def __init__(self, name: str) -> None:
        super().__init__(StageConfig())
        self.name = name  # type: ignore[misc]

    def run(self, workspace: Workspace) -> Scores:
        assert isinstance(workspace.unit, ClipUnit)
        write_artifacts(workspace.output("rgb.mp4").parent, self.name, workspace.unit)
        return SCORES.get(self.name, {})


def stages() -> dict[str, AnyStage]:
    config = EncodeConfig(buckets=("64x112",))  # type: ignore[arg-type]
    return {name: Given(name) for name in EncodeStage.requires} | {"encode": EncodeStage(config)}  # type: ignore[dict-item]


@dataclass(frozen=True)
class GivenJob:
    """Like `Job`, with the stages above."""

    root: str

    def worker(self, chain: tuple[str, ...], guard: Guard) -> ChainWorker:
        return ChainWorker(stages(), chain, open_store(self.root), Policy({}), AttemptLimits(), "run-1", guard, {})


@pytest.fixture(scope="module")
def ray_engine() -> Iterator[RayEngine]:
    engine = RayEngine(cpus=2)
    engine.start()
    from ray import cloudpickle

    cloudpickle.register_pickle_by_value(numbered_clip)
    cloudpickle.register_pickle_by_value(__import__(__name__, fromlist=["stages"]))
    yield engine
    engine.close()


def encoded(engine: Engine, root: Path) -> dict[str, str]:
    """SHA-256 of everything that was made of the clips."""
    job: Any = GivenJob(str(root))
    list(engine.run(job, [Pool(CHAIN, Resources())], UNITS))
    store, lineage = open_store(str(root)), Lineage(stages())
    found = {}
    for unit in UNITS:
        outcome = store.outcome(lineage.key("encode", unit))
        assert outcome is not None, store.trial(lineage.key("encode", unit)).attempts
        found |= {f"{unit.unit_id}/{name}": file.sha256 for name, file in outcome.artifacts.items()}
    return found


def test_in_process_and_two_ray_workers_make_the_same_caches(ray_engine: RayEngine, tmp_path: Path) -> None:
    one = encoded(InProcessEngine(), tmp_path / "one")
    assert len(one) == len(UNITS) * len(EncodeStage.outputs)
    assert encoded(ray_engine, tmp_path / "two") == one
