"""One unit's trouble costs that unit alone, on every engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cointeract_curation.core.fingerprint import Lineage
from cointeract_curation.core.open_store import open_store
from cointeract_curation.core.outcome import AttemptLimits, FailureKind
from cointeract_curation.core.policy import Policy
from cointeract_curation.core.stage import Resources
from cointeract_curation.core.standing import Register, State
from cointeract_curation.engine.base import Engine, Pool
from cointeract_curation.engine.inprocess import InProcessEngine
from cointeract_curation.engine.ray_data import RayEngine
from tests.curation.engine import toy_stages
from tests.curation.engine.toy_stages import ToyJob, clip

CHAIN = ("measure", "double")
POOLS = [Pool(CHAIN, Resources())]


@pytest.fixture(scope="module")
def ray_engine() -> Iterator[RayEngine]:
    engine = RayEngine(cpus=2)
    engine.start()
    from ray import cloudpickle

    cloudpickle.register_pickle_by_value(toy_stages)
    yield engine
    engine.close()


@pytest.fixture(params=["inprocess", "inprocess-2", "ray"])
def engine(request: pytest.FixtureRequest) -> Engine:
    if request.param == "ray":
        found: RayEngine = request.getfixturevalue("ray_engine")
        return found
    return InProcessEngine(2 if request.param.endswith("2") else 1)


def stand(tmp_path: Path, first: int) -> Any:
    store = open_store(str(tmp_path / "data"))
    register = Register(store, Lineage(toy_stages.toy_stages(tmp_path)), Policy({}), AttemptLimits())
    return register.standing(clip(first), CHAIN)


def job(tmp_path: Path, faults: dict[int, str] | None = None, **settings: Any) -> Any:
    return ToyJob(str(tmp_path / "data"), str(tmp_path), faults or {}, **settings)


def run_count(tmp_path: Path, first: int) -> int:
    path = tmp_path / f"runs-{first}"
    return path.stat().st_size if path.exists() else 0


def test_every_unit_comes_back_and_its_results_are_stored(engine: Engine, tmp_path: Path) -> None:
    reports = list(engine.run(job(tmp_path), POOLS, [clip(first) for first in range(6)]))
    assert sorted(report.unit_id for report in reports) == [clip(first).unit_id for first in range(6)]
    assert [stand(tmp_path, first).outcomes["double"].scores["value"] for first in range(6)] == [0, 2, 4, 6, 8, 10]


def test_what_is_finished_is_not_done_again(engine: Engine, tmp_path: Path) -> None:
    for _ in range(2):
        list(engine.run(job(tmp_path), POOLS, [clip(1)]))
    assert run_count(tmp_path, 1) == 1


def test_an_error_is_tried_again_and_then_quarantines_only_its_own_unit(engine: Engine, tmp_path: Path) -> None:
    faults = {1: "raise", 2: "raise once", 3: "unusable", 4: "silent"}
    list(engine.run(job(tmp_path, faults), POOLS, [clip(first) for first in range(6)]))
    assert [stand(tmp_path, first).state for first in (0, 2, 5)] == [State.ACCEPTED] * 3
    failed = stand(tmp_path, 1)
    assert failed.state == State.QUARANTINED
    assert failed.stage == "double"
    assert failed.failure.error_type == "ArithmeticError"
    assert "this clip always fails" in failed.failure.traceback
    assert [run_count(tmp_path, first) for first in (1, 2, 3)] == [2, 2, 1]
    assert stand(tmp_path, 3).failure.kind == FailureKind.UNUSABLE
    assert "without writing double.txt" in stand(tmp_path, 4).failure.message


def test_a_clip_that_fails_a_rule_does_not_reach_the_next_stage(engine: Engine, tmp_path: Path) -> None:
    list(engine.run(job(tmp_path, maximum=2), POOLS, [clip(first) for first in range(5)]))
    assert [run_count(tmp_path, first) for first in range(5)] == [1, 1, 1, 0, 0]


def test_a_stage_that_hangs_is_ended_and_costs_only_its_own_unit(engine: Engine, tmp_path: Path) -> None:
    list(engine.run(job(tmp_path, {1: "hang"}), POOLS, [clip(first) for first in range(4)]))
    assert [stand(tmp_path, first).state for first in (0, 2, 3)] == [State.ACCEPTED] * 3
    hung = stand(tmp_path, 1)
    assert hung.state == State.QUARANTINED
    assert hung.failure.kind == FailureKind.TIMEOUT
    assert "time limit" in hung.failure.message


def test_a_clip_that_kills_its_worker_is_known_by_name_and_the_others_come_through(
    ray_engine: RayEngine, tmp_path: Path
) -> None:
    list(ray_engine.run(job(tmp_path, {2: "kill"}), POOLS, [clip(first) for first in range(6)]))
    assert [stand(tmp_path, first).state for first in (0, 1, 3, 4, 5)] == [State.ACCEPTED] * 5
    killer = stand(tmp_path, 2)
    assert killer.state == State.QUARANTINED
    assert killer.failure.kind == FailureKind.CRASH
    assert run_count(tmp_path, 2) == 2


def test_pools_with_other_resources_follow_each_other(ray_engine: RayEngine, tmp_path: Path) -> None:
    pools = [Pool(("measure",), Resources(cpus=1)), Pool(("double",), Resources(cpus=0.5))]
    reports = list(ray_engine.run(job(tmp_path), pools, [clip(first) for first in range(4)]))
    assert {tuple(item.stage for item in report.stages) for report in reports} == {CHAIN}
