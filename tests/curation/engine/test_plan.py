"""How workers are shared out, and which GPUs count, on machines that are made up."""

from __future__ import annotations

from pathlib import Path

import pytest

from cointeract_curation.core.stage import Resources
from cointeract_curation.engine import plan
from cointeract_curation.engine.base import Pool
from cointeract_curation.engine.ray_data import RayEngine

CPU, GPU = Pool(("cut",), Resources()), Pool(("encode",), Resources(gpus=1))
HALF = Pool(("encode",), Resources(gpus=0.5))


class MadeUpCluster(RayEngine):
    """Offers what it is told to."""

    def __init__(self, cpus: float, gpus: float, workers: int | None = None) -> None:
        super().__init__(workers=workers)
        self.offered = {"cpus": cpus, "gpus": gpus}

    def offers(self) -> dict[str, float]:
        return self.offered


@pytest.mark.parametrize(
    ("cpus", "gpus", "pools", "sizes"),
    [
        (16, 0, [CPU], [16]),
        (16, 0, [CPU, CPU], [8, 8]),
        (16, 1, [CPU, GPU], [15, 1]),
        (16, 8, [CPU, GPU], [8, 8]),
        (16, 1, [CPU, HALF], [14, 2]),
        (8, 8, [CPU, GPU], [1, 7]),
        (2, 1, [CPU, HALF], [1, 1]),
    ],
)
def test_gpu_workers_come_first_and_all_fit_on_the_cpus(
    cpus: float, gpus: float, pools: list[Pool], sizes: list[int]
) -> None:
    found = MadeUpCluster(cpus, gpus).pool_sizes(pools)
    assert found == sizes
    assert sum(size * pool.resources.cpus for size, pool in zip(found, pools, strict=True)) <= cpus
    assert sum(size * pool.resources.gpus for size, pool in zip(found, pools, strict=True)) <= gpus


def test_workers_limit_the_cpu_pools_only() -> None:
    assert MadeUpCluster(16, 4, workers=3).pool_sizes([CPU, GPU]) == [3, 4]


@pytest.mark.parametrize(("named", "count"), [("", 0), ("-1", 0), ("0", 1), ("0,2", 2), ("GPU-1, GPU-2", 2)])
def test_the_gpus_that_the_environment_names_count(monkeypatch: pytest.MonkeyPatch, named: str, count: int) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
    assert plan.machine()["gpus"] == count


def test_else_those_that_the_driver_knows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(plan, "_DRIVER_GPUS", tmp_path / "none")
    assert plan.machine()["gpus"] == 0
    for card in ("0000:17:00.0", "0000:65:00.0"):
        (tmp_path / "gpus" / card).mkdir(parents=True)
    monkeypatch.setattr(plan, "_DRIVER_GPUS", tmp_path / "gpus")
    assert plan.machine()["gpus"] == 2
