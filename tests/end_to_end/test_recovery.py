"""However a run goes, the data set comes out the same: in process or on Ray, killed and resumed, in another order."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import imageio_ffmpeg
import psutil
import pytest

from tests.end_to_end.command import QUICK, curate, results, run_json, start

KILL_SEED = 7


@pytest.fixture(scope="module")
def footage(livestream: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two sources: the livestream, and its first seconds as a file of their own."""
    folder = tmp_path_factory.mktemp("footage")
    first, second = folder / "a.mp4", folder / "b.mp4"
    shutil.copy(livestream, first)
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-loglevel",
        "error",
        "-i",
        str(livestream),
        "-t",
        "4",
        "-c",
        "copy",
        str(second),
    ]
    subprocess.run(command, check=True)
    return [first, second]


@pytest.fixture(scope="module")
def reference(footage: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data set that an undisturbed run in one process makes."""
    output = tmp_path_factory.mktemp("reference") / "dataset"
    report = curate(footage, output)
    assert report["counts"]["clips"].get("accepted", 0) >= 2, (
        "the footage must give clips, or these tests prove nothing"
    )
    return output


def kill_all(process: object) -> None:
    os.killpg(process.pid, signal.SIGKILL)  # type: ignore[attr-defined]


def test_two_ray_workers_make_the_same_bytes_in_whatever_order_files_arrive(
    footage: list[Path], reference: Path, tmp_path: Path
) -> None:
    curate(list(reversed(footage)), tmp_path / "dataset", "--workers", "2", engine="ray")
    assert results(tmp_path / "dataset") == results(reference)


@pytest.mark.slow
def test_two_threads_make_the_same_bytes(footage: list[Path], reference: Path, tmp_path: Path) -> None:
    curate(footage, tmp_path / "dataset", "--workers", "2")
    assert results(tmp_path / "dataset") == results(reference)


def test_a_run_that_is_killed_again_and_again_ends_with_the_same_bytes(
    footage: list[Path], reference: Path, tmp_path: Path
) -> None:
    output = tmp_path / "dataset"
    chance = random.Random(KILL_SEED)
    for _ in range(3):
        process = start("curate", *footage, "--output", output, "--engine", "inprocess", *QUICK)
        time.sleep(chance.uniform(2.0, 8.0))
        kill_all(process)
        process.communicate()
    curate(footage, output)
    assert results(output) == results(reference)


@pytest.mark.slow
def test_killed_ray_drivers_and_workers_leave_no_mark_on_the_result(
    footage: list[Path], reference: Path, tmp_path: Path
) -> None:
    output = tmp_path / "dataset"
    chance = random.Random(KILL_SEED)
    killed = start("curate", *footage, "--output", output, "--engine", "ray", *QUICK)
    time.sleep(chance.uniform(12.0, 18.0))
    kill_all(killed)
    killed.communicate()

    process = start("curate", *footage, "--output", output, "--engine", "ray", *QUICK)
    worker = wait_for_stage_worker(process.pid)
    if worker is not None:
        worker.kill()
    _, errors = process.communicate(timeout=280)
    assert process.returncode == 0, errors
    assert results(output) == results(reference)


def wait_for_stage_worker(driver: int) -> psutil.Process | None:
    """A Ray actor that works on clips, once there is one; None if the run ends first."""
    parent = psutil.Process(driver)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and parent.is_running() and parent.status() != psutil.STATUS_ZOMBIE:
        for child in parent.children(recursive=True):
            try:
                busy = "MapWorker" in " ".join(child.cmdline()) and child.cpu_times().user > 3
            except psutil.Error:
                continue
            if busy:
                return child
        time.sleep(0.1)
    return None


def test_a_finished_data_set_is_left_alone_and_a_changed_threshold_only_decides_again(
    footage: list[Path], reference: Path, tmp_path: Path
) -> None:
    output = tmp_path / "dataset"
    shutil.copytree(reference, output)
    again = curate(footage, output)
    assert again["stages_run"] == 0
    assert not again["packed"]
    assert results(output) == results(reference)

    strict = curate(footage, output, "--set", "policy.small_face.min=100000", "--reconfigure")
    assert strict["stages_run"] == 0
    assert strict["counts"]["clips"].get("accepted", 0) == 0

    back = curate(footage, output, "--reconfigure")
    assert back["stages_run"] == 0
    assert results(output) == results(reference)


def test_a_changed_stage_runs_again_with_what_depends_on_it_and_nothing_else(
    footage: list[Path], reference: Path, tmp_path: Path
) -> None:
    output = tmp_path / "dataset"
    shutil.copytree(reference, output)
    status = run_json("status", output)
    people = sum(path.is_dir() for path in output.glob("artifacts/*/people-*"))
    changed = curate(footage, output, "--set", "people.hand_margin=0.2", "--reconfigure")
    assert changed["stages_run"] == people
    assert run_json("status", output)["counts"]["clips"] == status["counts"]["clips"]


def test_a_damaged_artifact_is_noticed_and_made_again(footage: list[Path], reference: Path, tmp_path: Path) -> None:
    output = tmp_path / "dataset"
    shutil.copytree(reference, output)
    cut_off, altered = sorted(output.glob("artifacts/*/cut-*/rgb.mp4"))[:2]
    cut_off.write_bytes(cut_off.read_bytes()[:1000])
    altered.write_bytes(b"\0" * altered.stat().st_size)
    shutil.rmtree(output / "shards")
    curate(footage, output)
    assert results(output) == results(reference)
