"""`kill -9` at any moment: what is there afterwards is whole, and a run that is started again ends as one never killed."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import defaultdict
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import pytest
import yaml
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tests.train.data.samples import pack_with_held_out
from tests.train.saving.lives import command, ended, killed_at, live
from tests.train.states import assert_equal
from tests.train.test_command import RECIPE
from tests.train.toy import ToyData, toy_config

from cointeract_train.errors import RunFolderError
from cointeract_train.export import MODEL
from cointeract_train.loggers import METRICS, TENSORBOARD, read_metrics
from cointeract_train.progress import LineProgress
from cointeract_train.resume import checkpoints_in, newest_whole
from cointeract_train.run import train

INTERRUPTED = 130
PATIENCE_S = 300
TIMES = ("samples_per_s", "tokens_per_s", "tflops", "tflops_total", "data_wait", "memory_gib")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five training samples in three shards, and a held-out one."""
    return pack_with_held_out(tmp_path_factory.mktemp("dataset"), 5)


def _command(dataset: Path, folder: Path, name: str, steps: int, workers: int = 0) -> list[str]:
    recipe = folder / f"{name}.yaml"
    groups: dict[str, Any] = {
        "data": {**RECIPE["data"], "workers": workers},
        "steps": {"joint": steps // 2, "asymmetric": steps - steps // 2},
        "optimiser": {"learning_rate": 0.003, "average_decay": 0.9, "warmup": 3},
        "watch": {"log_every": 1, "validate_every": 5, "validation_levels": 1, "samples_every": 0},
        "checkpoints": {"every": 2},
    }
    recipe.write_text(yaml.safe_dump({**RECIPE, **groups}))
    return ["train", str(dataset), "--recipe", str(recipe), "--output", str(folder / name), "--resume", "auto"]


def _reached(run: Path) -> int:
    """The last step that has a line of figures."""
    path = run / METRICS
    return max((int(line["step"]) for line in read_metrics(path)), default=0) if path.exists() else 0


def _killed_after(process: ForkServerProcess, run: Path, step: int, delay: float) -> bool:
    """Kill a process a while after it made a step; whether it was alive then."""
    deadline = time.monotonic() + PATIENCE_S
    while process.is_alive() and _reached(run) < step and time.monotonic() < deadline:
        time.sleep(0.005)
    time.sleep(delay)
    alive = process.is_alive()
    process.kill()
    return ended(process) == -signal.SIGKILL and alive


def _figures(run: Path) -> list[dict[str, float]]:
    """Of all lines, but for times."""
    return [{name: value for name, value in line.items() if name not in TIMES} for line in read_metrics(run / METRICS)]


def _in_tensorboard(run: Path) -> dict[str, list[tuple[int, float]]]:
    events = EventAccumulator(str(run / TENSORBOARD)).Reload()
    tags = (tag for tag in events.Tags()["scalars"] if tag not in TIMES)
    return {tag: [(event.step, event.value) for event in events.Scalars(tag)] for tag in tags}


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def _drawn(path: Path) -> dict[int, set[str]]:
    """The samples of each step, as often as it was made; more than one set of samples would show."""
    steps: dict[int, set[str]] = defaultdict(set)
    for line in path.read_text().splitlines():
        step, samples = line.split(" ", 1)
        steps[int(step)].add(samples)
    return steps


def _kill_often(dataset: Path, folder: Path, kills: int, steps: int, seed: int) -> None:
    straight, killed = folder / "straight", folder / "killed"
    assert ended(live(command, _command(dataset, folder, "straight", steps), folder / "straight.txt")) == 0
    again, draw = _command(dataset, folder, "killed", steps), random.Random(seed)
    done = 0
    while done < kills:
        state = newest_whole(killed) if killed.exists() else None
        first = 0 if state is None else int(state.name.removeprefix("step-"))
        process = live(command, again, folder / "killed.txt")
        assert _killed_after(process, killed, first + draw.randint(1, 3), draw.uniform(0, 0.15)), "it ended before"
        done += 1
    assert ended(live(command, again, folder / "killed.txt")) == 0
    assert_equal(checkpoints_in(killed)[-1], checkpoints_in(straight)[-1])
    assert _contents(killed / MODEL) == _contents(straight / MODEL)
    assert _figures(killed) == _figures(straight)
    assert _in_tensorboard(killed) == _in_tensorboard(straight)
    assert _drawn(folder / "killed.txt") == _drawn(folder / "straight.txt")
    assert all(len(samples) == 1 for samples in _drawn(folder / "killed.txt").values())
    assert not list((killed / "checkpoints").glob(".*"))


def test_a_run_killed_a_few_times_ends_as_one_never_killed(dataset: Path, tmp_path: Path) -> None:
    _kill_often(dataset, tmp_path, kills=3, steps=16, seed=1)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(2))
def test_a_run_killed_twenty_times_ends_as_one_never_killed(dataset: Path, tmp_path: Path, seed: int) -> None:
    _kill_often(dataset, tmp_path, kills=20, steps=110, seed=seed)


def test_preemption_of_all_processes_of_a_job_leaves_a_state_and_exit_code_130(dataset: Path, tmp_path: Path) -> None:
    """Schedulers signal every process, those that read data too."""
    arguments = _command(dataset, tmp_path, "run", 1000, workers=2)
    process, run = live(command, arguments), tmp_path / "run"
    deadline = time.monotonic() + PATIENCE_S
    while _reached(run) < 3 and process.is_alive() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert process.pid is not None
    os.killpg(process.pid, signal.SIGTERM)
    assert ended(process) == INTERRUPTED
    state = newest_whole(run)
    assert state is not None
    assert state.name == f"step-{_reached(run):08d}"


CONFIG = toy_config(checkpoints={"every": 1, "keep": 2}, steps={"joint": 3, "asymmetric": 0})


def _toy_run(run: Path) -> None:
    train(CONFIG, run, LineProgress(), data=ToyData(CONFIG), resume="auto")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy's run, never killed."""
    run = tmp_path_factory.mktemp("whole")
    _toy_run(run)
    return run


@pytest.mark.parametrize(("counted", "moment"), [("fsync", 4), ("fsync", 12), ("fsync", 22), ("rmdir", 1)])
def test_a_save_killed_in_the_middle_leaves_the_states_before(
    whole: Path, tmp_path: Path, counted: str, moment: int
) -> None:
    assert ended(live(killed_at, moment, counted, _toy_run, tmp_path)) == -signal.SIGKILL
    states = checkpoints_in(tmp_path)
    assert newest_whole(tmp_path) == (states[-1] if states else None)
    assert list((tmp_path / "checkpoints").glob(".*.tmp")), "it wasn't killed in the middle of anything"
    _toy_run(tmp_path)
    assert [path.name for path in (tmp_path / "checkpoints").iterdir() if path.name.startswith(".")] == []
    assert_equal(checkpoints_in(tmp_path)[-1], checkpoints_in(whole)[-1])
    assert _figures(tmp_path) == _figures(whole)


def _waiting_run(run: Path) -> None:
    data = ToyData(CONFIG)
    data.train_dataloader().before[1] = lambda: time.sleep(PATIENCE_S)
    train(CONFIG, run, LineProgress(), data=data)


def test_two_runs_do_not_share_a_folder_and_a_killed_one_leaves_it_free(tmp_path: Path) -> None:
    first = live(_waiting_run, tmp_path)
    deadline = time.monotonic() + PATIENCE_S
    while _reached(tmp_path) < 1 and first.is_alive() and time.monotonic() < deadline:
        time.sleep(0.01)
    with pytest.raises(RunFolderError, match=f"in use by another run .process {first.pid} on "):
        train(CONFIG, tmp_path, LineProgress(), data=ToyData(CONFIG), resume="auto")
    first.kill()
    ended(first)
    assert train(CONFIG, tmp_path, LineProgress(), data=ToyData(CONFIG), resume="auto").step == CONFIG.steps.total
