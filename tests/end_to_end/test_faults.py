"""Trouble in the middle of a run: a clip that kills, hangs or raises, a full disk, a stop by the user."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from cointeract_curation.core.config import build_recipe
from cointeract_curation.core.dataset import Dataset
from cointeract_curation.core.stage import Scores, Workspace
from cointeract_curation.curate import CurationRun
from cointeract_curation.engine.base import Job
from cointeract_curation.engine.guard import Guard
from cointeract_curation.engine.ray_data import RayEngine
from cointeract_curation.engine.worker import ChainWorker
from cointeract_curation.inputs import find_files
from cointeract_curation.progress import LogProgress
from cointeract_curation.stages.cut import CutStage
from cointeract_curation.stages.cut.config import CutConfig
from tests.end_to_end.command import QUICK, curate, results, run_json, start

CUT_ONLY = "name: cut-only\nshots: {backend: pyscenedetect}\nsplit: {stride_frames: 5}\ncut: {}\nengine: {time_limits: {cut: 8}}\n"


class FaultyCut(CutStage):
    """Cuts as always, except where a test wants trouble."""

    def __init__(self, config: CutConfig, faults: dict[int, str]) -> None:
        super().__init__(config)
        self.faults = faults

    def run(self, workspace: Workspace) -> Scores:
        fault = self.faults.get(workspace.unit.root["first"])  # type: ignore[call-overload]
        if fault == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if fault == "hang":
            time.sleep(3600)
        if fault == "raise":
            raise ArithmeticError("a decoder says no")
        return super().run(workspace)


@dataclass(frozen=True)
class FaultyJob(Job):
    faults: dict[int, str] = field(default_factory=dict)

    def worker(self, chain: tuple[str, ...], guard: Guard) -> ChainWorker:
        worker = super().worker(chain, guard)
        worker.stages["cut"] = FaultyCut(worker.stages["cut"].config, self.faults)  # type: ignore[arg-type]
        return worker


def test_a_clip_that_kills_hangs_or_raises_costs_only_itself_and_is_named_in_status(
    livestream: Path, tmp_path: Path
) -> None:
    recipe = build_recipe(yaml.safe_load(CUT_ONLY), "the test's recipe")
    dataset = Dataset(str(tmp_path / "dataset"))
    engine = RayEngine(cpus=2)
    engine.start()
    from ray import cloudpickle

    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    try:
        with dataset.lock():
            dataset.prepare(recipe, reconfigure=False)
            run = CurationRun(dataset, recipe, engine, LogProgress())
            faults = {0: "kill", 73: "hang", 78: "raise"}
            run.job = FaultyJob(run.job.root, run.job.recipe, run.job.run, faults)
            run.run(find_files([str(livestream)]))
    finally:
        engine.close()
    status = run_json("status", dataset.root)
    kinds = {
        problem["unit"].split("-")[1]: (problem["kind"], problem["error_type"]) for problem in status["quarantined"]
    }
    assert kinds == {
        "00000000": ("crash", "StageCrashError"),
        "00000073": ("timeout", "StageCrashError"),
        "00000078": ("error", "ArithmeticError"),
    }
    assert status["counts"]["clips"]["quarantined"] == 3
    assert status["counts"]["clips"]["accepted"] == sum(status["counts"]["clips"].values()) - 3 > 3
    assert status["pending"] == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 100 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=100m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("mounting a small file system needs the rights of root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("engine", ["inprocess", pytest.param("ray", marks=pytest.mark.slow)])
def test_a_full_disk_ends_the_run_with_one_line_and_a_later_run_goes_on(
    small_disk: Path, livestream: Path, tmp_path: Path, engine: str
) -> None:
    output, recipe = small_disk / "dataset", tmp_path / "recipe.yaml"
    recipe.write_text(CUT_ONLY)
    command = ["curate", livestream, "--output", output, "--recipe", recipe, "--engine", engine]
    process = start(*command)
    while not list(output.glob("artifacts/*/probe-*/outcome.json")) and process.poll() is None:
        time.sleep(0.05)
    ballast = small_disk / "ballast"
    with ballast.open("wb") as file:
        file.write(b"\0" * (shutil.disk_usage(small_disk).free - 1024 * 1024))
    _, errors = process.communicate(timeout=200)
    assert process.returncode == 2, errors
    assert "MiB are free" in errors
    assert "Traceback" not in errors
    ballast.unlink()
    again = start(*command)
    again.communicate(timeout=200)
    assert again.returncode == 0
    assert run_json("status", output)["quarantined"] == []


@pytest.fixture
def read_only_disk(small_disk: Path) -> Path:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    return small_disk


def test_a_read_only_output_is_refused_with_one_line(read_only_disk: Path, livestream: Path) -> None:
    process = start("curate", livestream, "--output", read_only_disk / "dataset")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "Read-only file system" in errors
    assert "Traceback" not in errors


def test_a_run_stopped_with_control_c_says_how_to_go_on_and_blames_no_clip(livestream: Path, tmp_path: Path) -> None:
    output = tmp_path / "dataset"
    process = start("curate", livestream, "--output", output, "--engine", "inprocess", *QUICK)
    while not list(output.glob("artifacts/*/cut-*.attempts/*.json")) and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "run the same command again" in errors
    undisturbed: Any = curate([livestream], tmp_path / "other")
    finished = curate([livestream], output)
    assert finished["counts"] == undisturbed["counts"]
    assert results(output) == results(tmp_path / "other")
