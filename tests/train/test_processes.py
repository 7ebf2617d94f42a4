"""Several processes train what one trains: losses, figures and the model, however the global batch is dealt."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.train import several
from tests.train.toy import ToyData, toy_config

from cointeract_model.checkpoints.saved import load_saved, save_model
from cointeract_train.config import HardwareSettings
from cointeract_train.errors import RecipeError
from cointeract_train.loggers import METRICS, read_metrics
from cointeract_train.processes import find_processes
from cointeract_train.progress import LineProgress
from cointeract_train.run import train
from cointeract_train.strategy import trainer_options
from cointeract_train.trainable import SHAPES, build_model

STEPS = 20
FEW: dict[str, Any] = {"steps": {"joint": 2, "asymmetric": 2}, "optimiser": {"learning_rate": 0.003}}
"""Without moving averages, for once."""
RATES = {"samples_per_s", "tokens_per_s", "tflops", "tflops_total", "data_wait", "memory_gib"}
TOLERANCE = 1e-5

# Processes that wait for one another take long where others want the same cores.
pytestmark = pytest.mark.timeout(1200)

SETTINGS: dict[str, Any] = {
    "steps": {"joint": STEPS // 2, "asymmetric": STEPS // 2},
    "optimiser": {"learning_rate": 0.003, "average_decay": 0.9},
    "watch": {"validate_every": STEPS // 2, "samples_every": STEPS, "samples": 2, "sample_steps": 1},
    "checkpoints": {"every": STEPS},
}


def _run(micro_batch: int, **hardware: Any) -> dict[str, Any]:
    return {**SETTINGS, "data": {"micro_batch": micro_batch}, "hardware": {"processes": 2, **hardware}}


# Four samples a step: in two passes of two processes; in one; in both processes the same, at once or in two passes.
WHOLE = {"ddp": _run(1), "fsdp": _run(2, strategy="fsdp")}
SHORT = {
    "shared": _run(4, sequence_parallel=2) | FEW,
    "shared_fsdp": _run(2, strategy="fsdp", sequence_parallel=2, checkpointing="selective") | FEW,
}
RUNS = {**dict.fromkeys(WHOLE, "one"), **dict.fromkeys(SHORT, "few")}
"""What each is compared with."""
BAD = {"bad_ddp": _run(2), "bad_fsdp": _run(2, strategy="fsdp")}


def _start(runs: dict[str, dict[str, Any]], folder: Path, *launcher: str) -> None:
    """Run `tests.train.several`, as a user starts a script."""
    plan = {name: {"groups": groups, "bad_rank": 1 if name in BAD else None} for name, groups in runs.items()}
    (folder / "runs.json").write_text(json.dumps(plan))
    environment = {key: value for key, value in os.environ.items() if key not in ("LOCAL_RANK", "WORLD_SIZE", "RANK")}
    subprocess.run(
        [sys.executable, *launcher, "-m", "tests.train.several", str(folder / "runs.json"), str(folder)],
        env=environment | {"OMP_NUM_THREADS": "1"},
        check=True,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of all runs of two processes, which the trainer started, and of those in one process."""
    folder = tmp_path_factory.mktemp("several")
    _start(WHOLE | SHORT | BAD, folder)
    for name, groups in (("one", SETTINGS), ("few", SETTINGS | FEW)):
        config = toy_config(**groups)
        train(config, folder / name, LineProgress(), data=ToyData(config))
    return folder


def _assert_alike(one: Path, other: Path) -> None:
    for expected, line in zip(read_metrics(one / METRICS), read_metrics(other / METRICS), strict=True):
        assert line.keys() == expected.keys()
        for figure, value in expected.items():
            if figure not in RATES:
                assert line[figure] == pytest.approx(value, abs=TOLERANCE), (line["step"], figure)


@pytest.mark.parametrize("name", RUNS)
def test_two_processes_train_what_one_does(folder: Path, name: str) -> None:
    """Losses of all steps, gradient norms, routing, validation of the averages."""
    _assert_alike(folder / RUNS[name], folder / name)


def test_what_is_compared_is_a_run_that_learns(folder: Path) -> None:
    lines = read_metrics(folder / "one" / METRICS)
    losses = [line["loss"] for line in lines if "loss" in line]
    assert len(losses) == STEPS
    assert max(losses) - min(losses) > 1000 * TOLERANCE
    assert sum("val/loss" in line for line in lines) == 2


@pytest.mark.parametrize("name", RUNS)
def test_the_exported_model_is_the_same_and_the_clip_is_written_once(folder: Path, name: str) -> None:
    state, expected = (load_saved(folder / run / "model").state_dict() for run in (name, RUNS[name]))
    assert state.keys() == expected.keys()
    for tensor, value in expected.items():
        torch.testing.assert_close(state[tensor], value, rtol=0, atol=1e-3, msg=lambda text, n=tensor: n + text)
    written = sorted(path.name for path in (folder / name / "samples").glob("*/*"))
    assert written == ["sample-6.mp4", "sample-6.png", "sample-7.mp4", "sample-7.png"]


def test_rates_are_those_of_all_processes(folder: Path) -> None:
    for name in RUNS:
        for line in read_metrics(folder / name / METRICS):
            if "tflops" in line:
                assert line["tflops_total"] == pytest.approx(2 * line["tflops"])
                assert line["tokens_per_s"] > line["samples_per_s"] > 0


@pytest.mark.parametrize("name", BAD)
def test_a_loss_that_is_not_finite_in_one_process_stops_all_and_is_named(folder: Path, name: str) -> None:
    error = (folder / name / several.ERROR).read_text()
    # The third sample of the second step, the first of the second process.
    assert re.match(r"step 2: the loss isn't finite for sample-0\. ", error)
    assert len(read_metrics(folder / name / METRICS)) == 1


@pytest.mark.slow
def test_four_processes_of_torchrun_train_two_halves_of_a_batch_as_two_shared_sequences(tmp_path: Path) -> None:
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node=4")
    unstated = _run(1, strategy="fsdp", sequence_parallel=2, checkpointing="block") | {
        "steps": {"joint": 3, "asymmetric": 2}
    }
    unstated["hardware"]["processes"] = None
    _start({"four": unstated}, tmp_path, *torchrun)
    config = toy_config(**{**unstated, "hardware": {}})
    train(config, tmp_path / "one", LineProgress(), data=ToyData(config))
    _assert_alike(tmp_path / "one", tmp_path / "four")


LORA = {"trained": {"what": "lora", "lora": {"rank": 2}}, "steps": {"joint": 3, "asymmetric": 2}}


@pytest.mark.slow
def test_lora_and_bfloat16_train_alike_with_weights_whole_and_shared_out(tmp_path: Path) -> None:
    runs = {
        f"{strategy}_{precision}": _run(2, strategy=strategy, precision=precision) | LORA
        for strategy in ("ddp", "fsdp")
        for precision in ("float32", "bfloat16")
    }
    _start(runs, tmp_path)
    for precision, tolerance in (("float32", TOLERANCE), ("bfloat16", 0.01)):
        ddp, fsdp = (read_metrics(tmp_path / f"{strategy}_{precision}" / METRICS) for strategy in ("ddp", "fsdp"))
        for line, expected in zip(fsdp, ddp, strict=True):
            for figure in ("loss", "gradient_norm", "val/loss"):
                assert line.get(figure) == pytest.approx(expected.get(figure), abs=tolerance), figure


def test_a_process_that_is_sent_its_share_builds_the_same_model_without_values(tmp_path: Path) -> None:
    lora = {"trained": LORA["trained"], "hardware": {"precision": "bfloat16"}}
    save_model(build_model(toy_config()), tmp_path / "base")
    for groups in ({}, lora, {**lora, "model": {"dimensions": None, "start": str(tmp_path / "base")}}):
        config = toy_config(**groups)
        shapes, model = build_model(config, SHAPES), build_model(config)
        assert all(parameter.is_meta for parameter in shapes.parameters())
        described = [
            [(name, one.shape, one.dtype, one.requires_grad) for name, one in built.named_parameters()]
            for built in (shapes, model)
        ]
        assert described[0] == described[1]


def test_processes_are_those_that_settings_say() -> None:
    alone = find_processes(HardwareSettings())
    assert (alone.rank, alone.count, alone.data_ranks, alone.first) == (0, 1, 1, True)
    many = find_processes(HardwareSettings(processes=4, nodes=2, sequence_parallel=2))
    assert (many.each, many.nodes, many.count, many.data_ranks) == (4, 2, 8, 4)


def test_processes_are_those_that_torchrun_started(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {
        "RANK": 5,
        "LOCAL_RANK": 1,
        "WORLD_SIZE": 8,
        "LOCAL_WORLD_SIZE": 4,
        "GROUP_RANK": 1,
        "TORCHELASTIC_RUN_ID": 1,
    }
    for name, value in values.items():
        monkeypatch.setenv(name, str(value))
    found = find_processes(HardwareSettings(sequence_parallel=2))
    assert (found.rank, found.each, found.nodes, found.data_rank, found.data_ranks) == (5, 4, 2, 2, 4)
    with pytest.raises(
        RecipeError, match=r"torchrun started 4 processes on each of 2 machines, but hardware.processes is 2"
    ):
        find_processes(HardwareSettings(processes=2))


def test_processes_are_those_that_slurm_started(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"SLURM_NTASKS": 16, "SLURM_NTASKS_PER_NODE": 8, "SLURM_NNODES": 2, "SLURM_PROCID": 9, "SLURM_LOCALID": 1}
    for name, value in values.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setenv("SLURM_JOB_NAME", "train")
    found = find_processes(HardwareSettings(processes=8))
    assert (found.rank, found.each, found.nodes, found.first) == (9, 8, 2, False)
    with pytest.raises(RecipeError, match="Slurm started 8 processes on each of 2 machines"):
        find_processes(HardwareSettings(nodes=3))
    monkeypatch.delenv("SLURM_NTASKS_PER_NODE")
    with pytest.raises(RecipeError, match=r"the Slurm job: .*--ntasks-per-node"):
        find_processes(HardwareSettings())


def test_what_cannot_be_shared_out_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="sequence_parallel is 3, which doesn't divide 4 processes"):
        find_processes(HardwareSettings(processes=4, sequence_parallel=3))
    heads = toy_config(hardware={"processes": 3, "sequence_parallel": 3})
    with pytest.raises(RecipeError, match="sequence_parallel is 3, which doesn't divide the model's 2 heads"):
        train(heads, tmp_path / "run", LineProgress(), data=ToyData(heads))
    uneven = toy_config(data={"micro_batch": 1}, hardware={"processes": 3})
    with pytest.raises(RecipeError, match="can't be dealt to 3 processes"):
        train(uneven, tmp_path / "run", LineProgress())
    assert not (tmp_path / "run" / "config.yaml").exists()
    with pytest.raises(RecipeError, match="sequence_parallel 2 with checkpointing block leaves nothing to compile"):
        toy_config(hardware={"processes": 2, "sequence_parallel": 2, "checkpointing": "block", "compile": True})


def test_gpus_that_are_not_there_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    settings = HardwareSettings(processes=4)
    with pytest.raises(RecipeError, match=r"4 processes are to run on this machine.* PyTorch finds 2"):
        trainer_options(settings, find_processes(settings))
