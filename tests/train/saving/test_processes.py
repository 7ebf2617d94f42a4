"""States of several processes: any number goes on from those of any other, whatever the strategy."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.train.states import assert_equal, record_in, tensors_in
from tests.train.toy import ToyData, toy_config

from cointeract_model.checkpoints.saved import load_saved
from cointeract_train.export import export_model
from cointeract_train.loggers import METRICS, read_metrics
from cointeract_train.progress import LineProgress
from cointeract_train.resume import checkpoints_in
from cointeract_train.run import train

ROUNDING = 1e-5
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
TIMEOUT_S = 550

GROUPS: dict[str, Any] = {
    "data": {"global_batch": 4, "micro_batch": 1},
    "steps": {"joint": 4, "asymmetric": 4},
    "optimiser": {"learning_rate": 0.01, "average_decay": 0.9},
    "watch": {"log_every": 3, "validate_every": 4},
    "checkpoints": {"every": 100},
}


def _groups(strategy: str = "auto", processes: int = 1, **more: Any) -> dict[str, Any]:
    return {**GROUPS, **more, "hardware": {"strategy": strategy, "processes": processes}}


DDP, FSDP = _groups("ddp", 2), _groups("fsdp", 2)
OFTEN = {"checkpoints": {"every": 2}}

RUNS: list[dict[str, Any]] = [
    {"output": "chain", "groups": DDP, "resume": "auto", "max_steps": 4},
    {"output": "chain", "groups": FSDP, "resume": "auto", "max_steps": 7},
    {"output": "uninterrupted", "groups": FSDP},
    {"output": "signalled", "groups": FSDP, "signal": True},
    {"output": "signalled", "groups": FSDP, "resume": "auto"},
    {"output": "full", "groups": {**FSDP, **OFTEN}, "resume": "auto", "full": True},
]
"""A process's place in the chain is between two of one process."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All of them, made; `ends` says how."""
    folder = tmp_path_factory.mktemp("runs")
    alone = toy_config(**_groups())
    train(alone, folder / "straight", LineProgress(), data=ToyData(alone))
    train(alone, folder / "chain", LineProgress(), data=ToyData(alone), max_steps=2)
    shutil.copytree(folder / "chain", folder / "full")
    (folder / "runs.json").write_text(json.dumps(RUNS))
    started = subprocess.run(
        [sys.executable, "-m", "tests.train.saving.several", str(folder / "runs.json"), str(folder)],
        check=False,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert started.returncode == 0, started.stderr
    shutil.copytree(folder / "chain", folder / "of fsdp")
    train(alone, folder / "chain", LineProgress(), data=ToyData(alone), resume="auto")
    return folder


def _ends(folder: Path, number: int) -> list[dict[str, Any]]:
    return [json.loads((folder / f"{number}-{rank}.json").read_text()) for rank in range(2)]


def _losses(run: Path) -> list[tuple[float, float, float]]:
    """Step, and loss of training or validation, of each line."""
    return [(line["step"], line.get("loss", 0.0), line.get("val/loss", 0.0)) for line in read_metrics(run / METRICS)]


def test_one_process_ddp_fsdp_and_one_again_are_one_run(runs: Path) -> None:
    found, expected = _losses(runs / "chain"), _losses(runs / "straight")
    assert [step for step, _, _ in found] == [step for step, _, _ in expected]
    for one, other in zip(found, expected, strict=True):
        assert one == pytest.approx(other, abs=ROUNDING)
    last, straight = (checkpoints_in(runs / name)[-1] for name in ("chain", "straight"))
    assert record_in(last)["data"] == record_in(straight)["data"]
    tensors = tensors_in(straight)
    for name, tensor in tensors_in(last).items():
        assert tensor.sub(tensors[name]).abs().max() < 1e-4, name


def test_the_samples_are_those_of_one_process(runs: Path) -> None:
    """Passes are dealt in the global order."""
    alone = ToyData(toy_config(**_groups()))
    order = [example.key for batch in alone.batches for example in batch]
    for number, (first, last) in enumerate([(2, 4), (4, 7)]):
        dealt = [end["given"] for end in _ends(runs, number)]
        assert [key for pair in zip(*dealt, strict=True) for key in pair] == order[4 * first : 4 * last]


def test_a_signal_to_one_process_ends_all_after_the_same_step_and_going_on_is_exact(runs: Path) -> None:
    assert [(end["step"], end["interrupted"]) for end in _ends(runs, 3)] == [(3, True)] * 2
    stopped, straight = runs / "signalled", runs / "uninterrupted"
    assert [path.name for path in checkpoints_in(stopped)] == ["step-00000003", "step-00000008"]
    assert_equal(checkpoints_in(stopped)[-1], checkpoints_in(straight)[-1])
    assert _losses(stopped) == _losses(straight)


def test_processes_share_the_writing(runs: Path) -> None:
    of_ddp, of_fsdp = checkpoints_in(runs / "of fsdp")
    for state in (of_ddp, of_fsdp):
        sizes = [path.stat().st_size for path in (state / "tensors").glob("*.distcp")]
        assert len(sizes) == 2
        assert min(sizes) > 0.3 * sum(sizes)


def test_a_full_disk_of_one_process_ends_all_with_the_state_before(runs: Path) -> None:
    first, _ = _ends(runs, 5)
    assert "after step 4 couldn't be written" in first["error"]
    assert "No space left" in first["error"]
    assert [path.name for path in (runs / "full" / "checkpoints").iterdir()] == ["step-00000002"]


def test_the_model_of_a_shared_out_state_is_exported_by_one_process(runs: Path, tmp_path: Path) -> None:
    state = export_model(runs / "of fsdp", tmp_path / "model")
    tensors, exported = tensors_in(state), load_saved(tmp_path / "model").state_dict()
    assert state.name == "step-00000007"
    for name, tensor in exported.items():
        assert tensor.equal(tensors[f"module.average.values.{name.replace('.', '/')}"]), name
